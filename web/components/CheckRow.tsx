import type { ReactNode } from "react";

import { useTexts } from "@/hooks/useTexts";
import type { CheckName, CheckResult, CheckStatus } from "@/lib/check";
import { findingText } from "@/lib/texts";

interface CheckRowProps {
  name: CheckName;
  result: CheckResult;
  /** What only this one has: a level, a recording, a question. */
  children?: ReactNode;
}

/** Told apart by form as well as by colour. */
const MARKS: Record<CheckStatus, string> = {
  waiting: "○",
  running: "…",
  good: "✓",
  weak: "!",
  bad: "✗",
  skipped: "–",
};

/** One thing that was looked at: how it is, and what to do about it. */
export function CheckRow({ name, result, children }: CheckRowProps) {
  const texts = useTexts();
  const { status, finding } = result;
  return (
    <li data-check={name} data-status={status} className="border-t border-line py-3">
      <div className="flex items-baseline gap-3">
        <span aria-hidden="true" className={status === "bad" ? "text-danger" : "text-ink-soft"}>
          {MARKS[status]}
        </span>
        <h2 className="font-medium">{texts.check.names[name]}</h2>
        <span className="ml-auto text-sm text-ink-soft">{texts.check.statuses[status]}</span>
      </div>
      {finding && <p className="mt-1 pl-7 text-ink-soft">{findingText(texts, finding)}</p>}
      {children && <div className="mt-2 flex flex-wrap items-center gap-2 pl-7">{children}</div>}
    </li>
  );
}

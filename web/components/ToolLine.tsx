import { memo } from "react";

import { Time } from "@/components/Bubble";
import { useTexts } from "@/hooks/useTexts";
import { inSecs, toolLine } from "@/lib/texts";
import type { ToolCall, ToolStatus } from "@/lib/toolCalls";

const MARKS: Record<ToolStatus, string> = {
  running: "M8 12h.01M12 12h.01M16 12h.01",
  confirming: "M8 12h.01M12 12h.01M16 12h.01",
  done: "m6 12.5 4 4 8-9",
  failed: "M12 6v7M12 17h.01",
  cancelled: "M7 12h10",
  unfinished: "M7 12h10",
};

function Mark({ status }: { status: ToolStatus }) {
  return (
    <svg
      viewBox="0 0 24 24"
      className="mt-1 size-4 shrink-0"
      fill="none"
      stroke="currentColor"
      strokeWidth="2.2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={MARKS[status]} />
    </svg>
  );
}

interface ToolLineProps {
  call: ToolCall;
  /** Where times are shown. */
  atMs?: number | undefined;
  endMs?: number | undefined;
}

/** One thing the bot did between the words: a quiet line that says what came of it. */
export const ToolLine = memo(function ToolLine({ call, atMs, endMs }: ToolLineProps) {
  const texts = useTexts();
  const look = call.status === "failed" ? "text-danger" : "text-ink-soft";
  return (
    <li className={`flex max-w-[85%] gap-2 self-start text-base text-pretty wrap-anywhere ${look}`}>
      <Mark status={call.status} />
      <span>
        <bdi>{toolLine(texts, call)}</bdi>
        <Time atMs={atMs} />
        {atMs !== undefined && endMs !== undefined && endMs > atMs && (
          <span aria-hidden="true" className="text-sm">
            {" "}
            · {inSecs(texts, (endMs - atMs) / 1000)}
          </span>
        )}
      </span>
    </li>
  );
});

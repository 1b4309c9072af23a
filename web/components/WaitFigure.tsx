import { useState } from "react";

import { inSecs, WAIT } from "@/lib/texts";
import type { Wait } from "@/lib/wait";

interface WaitFigureProps {
  wait: Wait;
  /** With the keyboard too; else it would be a step at every reply on the way to the controls. */
  isReachable: boolean;
}

/** How long a reply took, quietly; the parts that sum to it on demand. */
export function WaitFigure({ wait, isReachable }: WaitFigureProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      {" "}
      <button
        type="button"
        tabIndex={isReachable ? 0 : -1}
        aria-expanded={isOpen}
        aria-label={WAIT.label(wait.secs)}
        title={WAIT.label(wait.secs)}
        onClick={() => setOpen(!isOpen)}
        className="min-h-6 rounded px-1 text-sm text-ink-soft hover:text-ink"
      >
        {inSecs(wait.secs)}
      </button>
      {isOpen && (
        <span className="mt-1 block text-sm text-ink-soft">
          {wait.parts.map(({ part, secs }) => (
            <span key={part} className="flex max-w-64 justify-between gap-4">
              <span>{WAIT.parts[part]}</span>
              <span className="tabular-nums">{inSecs(secs, 2)}</span>
            </span>
          ))}
        </span>
      )}
    </>
  );
}

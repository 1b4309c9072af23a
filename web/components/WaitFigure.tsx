import { useState } from "react";

import { useTexts } from "@/hooks/useTexts";
import { inSecs } from "@/lib/texts";
import type { Wait } from "@/lib/wait";

interface WaitFigureProps {
  wait: Wait;
  /** With the keyboard too; else it would be a step at every reply on the way to the controls. */
  isReachable: boolean;
}

/** How long a reply took, quietly; the parts that sum to it on demand. */
export function WaitFigure({ wait, isReachable }: WaitFigureProps) {
  const texts = useTexts();
  const label = texts.wait.label(inSecs(texts, wait.secs));
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      {" "}
      <button
        type="button"
        dir="auto"
        tabIndex={isReachable ? 0 : -1}
        aria-expanded={isOpen}
        aria-label={label}
        title={label}
        onClick={() => setOpen(!isOpen)}
        className="min-h-6 rounded px-1 text-sm text-ink-soft hover:text-ink"
      >
        {inSecs(texts, wait.secs)}
      </button>
      {isOpen && (
        <span dir="auto" className="mt-1 block text-sm text-ink-soft">
          {wait.parts.map(({ part, secs }) => (
            <span key={part} className="flex max-w-64 justify-between gap-4">
              <span>{texts.wait.parts[part]}</span>
              <span className="tabular-nums">{inSecs(texts, secs, 2)}</span>
            </span>
          ))}
        </span>
      )}
    </>
  );
}

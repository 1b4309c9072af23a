import type { MouseEvent, ReactNode } from "react";

interface ButtonProps {
  children: ReactNode;
  onClick: (event: MouseEvent) => void;
}

/** The one thing to do next. */
export function Button({ children, onClick }: ButtonProps) {
  return (
    <button
      type="button"
      onClick={onClick}
      className="inline-flex min-h-14 items-center justify-center gap-2.5 rounded-full bg-ink px-9 text-lg font-medium text-paper transition hover:shadow-lg active:scale-98 short:min-h-12 short:px-7 short:text-base"
    >
      {children}
    </button>
  );
}

/** A second way, said quietly. */
export function QuietButton({ children, onClick }: ButtonProps) {
  return (
    <button
      type="button"
      onClick={onClick}
      className="min-h-11 rounded-full px-4 text-ink-soft underline decoration-line decoration-2 underline-offset-4 transition hover:text-ink"
    >
      {children}
    </button>
  );
}

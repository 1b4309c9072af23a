import type { MouseEvent, ReactNode, Ref } from "react";

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

interface RoundButtonProps extends ButtonProps {
  label: string;
  /** It ends what goes on. */
  isFinal?: boolean;
  /** Whether what it opens is open. */
  isOpen?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

/** A control of the call, as large as a thumb. */
export function RoundButton(props: RoundButtonProps) {
  const { label, isFinal = false, isOpen, children, onClick, ref } = props;
  const look = isFinal ? "bg-end text-white" : "bg-surface aria-expanded:bg-line";
  return (
    <button
      ref={ref}
      type="button"
      onClick={onClick}
      aria-label={label}
      aria-expanded={isOpen}
      title={label}
      className={`grid size-14 shrink-0 place-items-center rounded-full transition active:scale-95 ${look}`}
    >
      {children}
    </button>
  );
}

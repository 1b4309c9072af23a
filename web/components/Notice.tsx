import { Button, QuietButton } from "@/components/Button";
import { CHECK } from "@/lib/texts";

interface NoticeProps {
  sentence: string;
  /** A failure interrupts what a screen reader says; a normal ending waits its turn. */
  isAlert: boolean;
  action: string;
  onAction: () => void;
  /** A second way on, where there is one. */
  other?: { label: string; onClick: () => void } | undefined;
}

/** Why there is no call now, and the one sensible thing to do. */
export function Notice({ sentence, isAlert, action, onAction, other }: NoticeProps) {
  return (
    <div className="flex flex-col items-center pt-4 pb-[4dvh] text-center">
      <p
        role={isAlert ? "alert" : "status"}
        className="mb-6 max-w-sm text-xl font-medium text-balance sm:max-w-md"
      >
        {sentence}
      </p>
      <Button onClick={onAction}>{action}</Button>
      {other && (
        <div className="mt-2">
          <QuietButton onClick={other.onClick}>{other.label}</QuietButton>
        </div>
      )}
      {isAlert && (
        <a href="/check" className="mt-4 text-sm text-ink-soft underline underline-offset-4">
          {CHECK.link}
        </a>
      )}
    </div>
  );
}

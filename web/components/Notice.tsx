import type { ReactNode } from "react";

import { Button, QuietButton } from "@/components/Button";
import { Status } from "@/components/Status";
import { useInvitation } from "@/hooks/useInvitation";
import { isEmbedded } from "@/lib/embedded";

interface NoticeProps {
  sentence: string;
  /** A failure interrupts what a screen reader says; a normal ending waits its turn. */
  isAlert: boolean;
  action: string;
  onAction: () => void;
  /** A second way on, where there is one. */
  other?: { label: string; onClick: () => void } | undefined;
  /** Below all, where there is room in any case. */
  children?: ReactNode;
  /** What the way to the check of the line is called, where it may help. */
  check?: string;
}

const SENTENCE =
  "max-w-sm text-xl font-medium text-balance sm:max-w-md short:order-last short:grid short:min-h-(--foot) short:max-w-none short:place-items-center short:text-base tiny:items-start";

/** Why there is no call now, and the one sensible thing to do. */
export function Notice(props: NoticeProps) {
  const { sentence, isAlert, action, onAction, other, check, children } = props;
  const invitation = useInvitation();
  return (
    <div className="flex flex-col items-center gap-5 pt-4 pb-(--foot) text-center short:gap-0 short:pt-2 short:pb-0">
      {isAlert ? (
        <p role="alert" className={SENTENCE}>
          {sentence}
        </p>
      ) : (
        <Status className={SENTENCE}>{sentence}</Status>
      )}
      <div className="flex flex-col items-center gap-2 short:flex-row short:flex-wrap short:justify-center">
        <Button onClick={onAction}>{action}</Button>
        {other && <QuietButton onClick={other.onClick}>{other.label}</QuietButton>}
      </div>
      {isAlert && check && (
        // It takes none of the height: what begins a call stays where it is.
        <a
          href={`/check${invitation}`}
          target={isEmbedded() ? "_blank" : undefined}
          className="-mb-11 h-6 text-sm text-ink-soft underline underline-offset-4 short:mb-0"
        >
          {check}
        </a>
      )}
      {children}
    </div>
  );
}

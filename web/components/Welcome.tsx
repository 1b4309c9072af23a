import { Button, QuietButton } from "@/components/Button";
import { MicrophoneIcon } from "@/components/icons";
import { ACTIONS, PAGE } from "@/lib/texts";

interface WelcomeProps {
  onStart: () => void;
  /** Where a call of this tab has ended and can be gone on with. */
  onGoOn: (() => void) | undefined;
}

/** Before the first call. */
export function Welcome({ onStart, onGoOn }: WelcomeProps) {
  return (
    <div className="flex flex-col items-center pb-[4dvh] text-center">
      <h1 className="text-4xl font-semibold tracking-tight sm:text-5xl">{PAGE.headline}</h1>
      <p className="mt-3 mb-8 max-w-xs text-lg text-balance text-ink-soft sm:max-w-sm">
        {PAGE.invitation}
      </p>
      <Button onClick={onStart}>
        <MicrophoneIcon />
        {ACTIONS.start}
      </Button>
      {onGoOn && (
        <div className="mt-2">
          <QuietButton onClick={onGoOn}>{ACTIONS.goOn}</QuietButton>
        </div>
      )}
      <p className="mt-5 text-sm text-ink-soft">{PAGE.privacy}</p>
    </div>
  );
}

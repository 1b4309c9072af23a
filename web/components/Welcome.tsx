import { Button, QuietButton } from "@/components/Button";
import { MicrophoneIcon } from "@/components/icons";
import { useInvitation } from "@/hooks/useInvitation";
import { useTexts } from "@/hooks/useTexts";
import { PRODUCT_NAME } from "@/lib/texts";

interface WelcomeProps {
  onStart: () => void;
  /** Where a call of this tab has ended and can be gone on with. */
  onGoOn: (() => void) | undefined;
}

/** Before the first call. */
export function Welcome({ onStart, onGoOn }: WelcomeProps) {
  const texts = useTexts();
  const isInvited = useInvitation();
  return (
    <div className="flex flex-col items-center text-center">
      <h1 className="text-4xl font-semibold tracking-tight sm:text-5xl short:text-2xl">
        {isInvited ? texts.page.invited : texts.page.headline}
      </h1>
      <p className="mt-3 max-w-md text-lg text-balance text-ink-soft short:mt-1 short:max-w-none short:text-base">
        {texts.page.invitation(PRODUCT_NAME)}
      </p>
      <p className="mt-1 mb-7 max-w-md text-base text-balance text-ink-soft short:hidden">
        {texts.page.examples}
      </p>
      <div className="flex flex-col items-center gap-2 short:mt-3 short:flex-row short:flex-wrap short:justify-center">
        <Button onClick={onStart}>
          <MicrophoneIcon />
          {texts.actions.start}
        </Button>
        {onGoOn && <QuietButton onClick={onGoOn}>{texts.actions.goOn}</QuietButton>}
      </div>
      <p className="grid min-h-(--foot) place-items-start pt-4 text-sm text-ink-soft short:place-items-center short:pt-0">
        {texts.page.privacy}
      </p>
    </div>
  );
}

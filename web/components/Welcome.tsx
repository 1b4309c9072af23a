import { Button, QuietButton } from "@/components/Button";
import { MicrophoneIcon } from "@/components/icons";
import { useInstallation } from "@/hooks/useInstallation";
import { useInvitation } from "@/hooks/useInvitation";
import { useTexts } from "@/hooks/useTexts";
import type { PageLink } from "@/lib/installation";
import { PRODUCT_NAME } from "@/lib/texts";

interface WelcomeProps {
  onStart: () => void;
  /** Where a call of this tab has ended and can be gone on with. */
  onGoOn: (() => void) | undefined;
}

function Links({ links }: { links: readonly PageLink[] }) {
  return (
    <ul className="flex flex-wrap justify-center gap-x-4">
      {links.map(({ text, url }) => (
        <li key={url}>
          <a
            href={url}
            target="_blank"
            rel="noreferrer"
            className="inline-block min-h-6 underline underline-offset-4"
          >
            {text}
          </a>
        </li>
      ))}
    </ul>
  );
}

/** Before the first call. */
export function Welcome({ onStart, onGoOn }: WelcomeProps) {
  const texts = useTexts();
  const isInvited = useInvitation() !== "";
  const { kept_days, links } = useInstallation();
  const isLong = onGoOn !== undefined || links.length > 0;
  return (
    <div className="flex flex-col items-center text-center">
      <h1 className="text-4xl font-semibold tracking-tight sm:text-5xl short:text-2xl">
        {isInvited ? texts.page.invited : texts.page.headline}
      </h1>
      <p className="mt-3 max-w-md text-lg text-balance text-ink-soft low:mt-2 low:text-base short:mt-1 short:max-w-none short:text-base">
        {texts.page.invitation(PRODUCT_NAME)}
      </p>
      <p
        className={`mt-1 mb-7 max-w-md text-base text-balance text-ink-soft low:mb-1 short:hidden ${isLong ? "max-sm:hidden" : ""}`}
      >
        {texts.page.examples}
      </p>
      <div className="flex flex-col items-center gap-2 max-sm:mt-4 short:mt-3 tiny:mt-1 short:flex-row short:flex-wrap short:justify-center">
        <Button onClick={onStart}>
          <MicrophoneIcon />
          {texts.actions.start}
        </Button>
        {onGoOn && <QuietButton onClick={onGoOn}>{texts.actions.goOn}</QuietButton>}
      </div>
      <div className="min-h-(--foot) pt-4 text-sm text-ink-soft low:pt-2 short:pt-1">
        <p className="text-balance">
          <span>{texts.page.privacy}</span>
          {kept_days > 0 && <span> {texts.page.kept(kept_days)}</span>}
        </p>
        {links.length > 0 && <Links links={links} />}
      </div>
    </div>
  );
}

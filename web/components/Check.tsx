import { Button, QuietButton } from "@/components/Button";
import { CheckReport } from "@/components/CheckReport";
import { CheckRow } from "@/components/CheckRow";
import { LanguageSwitch } from "@/components/LanguageSwitch";
import { ServerRow } from "@/components/ServerRow";
import { useChecks } from "@/hooks/useChecks";
import { useEarlyTap } from "@/hooks/useEarlyTap";
import { useInvitation } from "@/hooks/useInvitation";
import { useTexts } from "@/hooks/useTexts";
import { useTitle } from "@/hooks/useTitle";
import { CHECKS, type CheckName } from "@/lib/check";

type Checks = ReturnType<typeof useChecks>;

function MicrophoneRow({ results, level, sampleUrl }: Checks) {
  const texts = useTexts();
  return (
    <CheckRow name="microphone" result={results.microphone}>
      {results.microphone.status === "running" && (
        <>
          <span>{texts.check.say}</span>
          <meter min={0} max={1} value={level} aria-hidden="true" />
        </>
      )}
      {sampleUrl && results.microphone.status !== "running" && (
        <audio
          controls
          src={sampleUrl}
          aria-label={texts.check.playBack}
          className="h-11 max-w-full"
        />
      )}
    </CheckRow>
  );
}

function SpeakerRow({ results, tone, heard }: Checks) {
  const texts = useTexts();
  return (
    <CheckRow name="speaker" result={results.speaker}>
      <QuietButton onClick={() => void tone()}>{texts.check.playTone}</QuietButton>
      {results.speaker.status === "running" && (
        <>
          <QuietButton onClick={() => heard(true)}>{texts.check.heard}</QuietButton>
          <QuietButton onClick={() => heard(false)}>{texts.check.notHeard}</QuietButton>
        </>
      )}
    </CheckRow>
  );
}

/** Looks at what a call needs, before it or when it failed. */
export function Check() {
  const texts = useTexts();
  const checks = useChecks();
  const invitation = useInvitation();
  useTitle(texts.check.title);
  const row = (name: CheckName) => {
    if (name === "microphone") return <MicrophoneRow key={name} {...checks} />;
    if (name === "speaker") return <SpeakerRow key={name} {...checks} />;
    if (name === "server") return <ServerRow key={name} {...checks} />;
    return <CheckRow key={name} name={name} result={checks.results[name]} />;
  };
  useEarlyTap();
  const isNew = checks.results.browser.status === "waiting";
  return (
    <main className="mx-auto max-w-xl p-6">
      <div className="-mt-3 flex justify-end">
        <LanguageSwitch />
      </div>
      <h1 className="text-3xl font-semibold tracking-tight">{texts.check.title}</h1>
      <p className="mt-2 mb-6 text-ink-soft">{texts.check.intro}</p>
      {!checks.isRunning && (
        <Button onClick={() => void checks.start()}>
          {isNew ? texts.check.start : texts.check.again}
        </Button>
      )}
      <ul className="mt-6" aria-busy={checks.isRunning}>
        {CHECKS.map(row)}
      </ul>
      {!isNew && <CheckReport results={checks.results} />}
      <p className="mt-6">
        {/* A whole new page: the one that failed is not gone on with. */}
        <a href={`/${invitation}`} className="underline underline-offset-4">
          {texts.page.backToStart}
        </a>
      </p>
    </main>
  );
}

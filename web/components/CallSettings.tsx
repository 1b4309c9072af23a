import { SoundIcon } from "@/components/icons";
import { KeyList } from "@/components/KeyList";
import { LanguageSwitch } from "@/components/LanguageSwitch";
import { SpeakerFields } from "@/components/SpeakerFields";
import type { Line } from "@/hooks/line";
import { usePanel } from "@/hooks/usePanel";
import { useSoundPath } from "@/hooks/useSoundPath";
import { useSpeaker } from "@/hooks/useSpeaker";
import { useTexts } from "@/hooks/useTexts";
import { findingText } from "@/lib/texts";

interface CallSettingsProps {
  line: Line;
  isOpen: boolean;
  onToggle: () => void;
}

/** Where and how loud the assistant is heard, which way its sound takes, and the keys of a call. */
export function CallSettings({ line, isOpen, onToggle }: CallSettingsProps) {
  const panel = usePanel<HTMLDivElement>(isOpen, onToggle);
  const speaker = useSpeaker(line);
  const path = useSoundPath(line, isOpen);
  const texts = useTexts();
  return (
    <div className="call-settings fixed top-[max(0.25rem,env(safe-area-inset-top))] right-[max(0.5rem,env(safe-area-inset-right))] z-20">
      <button
        type="button"
        onClick={onToggle}
        aria-expanded={isOpen}
        aria-label={texts.actions.settings}
        title={texts.actions.settings}
        className="ml-auto grid size-12 place-items-center rounded-full text-ink-soft transition hover:text-ink"
      >
        <SoundIcon />
      </button>
      {isOpen && (
        <div
          ref={panel}
          role="dialog"
          aria-label={texts.actions.settings}
          tabIndex={-1}
          className="max-h-[calc(100dvh-4rem)] w-72 max-w-[calc(100vw-1rem)] overflow-y-auto rounded-bubble border border-line bg-paper p-4 text-sm shadow-lg outline-none"
        >
          <SpeakerFields speaker={speaker} />
          {path?.finding && (
            <p className="mt-3 text-ink-soft">
              {findingText(texts, path.finding)} {path.note}
            </p>
          )}
          <p className="mt-3 text-ink-soft">{texts.keys.hold}</p>
          <KeyList />
          <label className="mt-3 flex items-center justify-between font-medium">
            {texts.labels.language}
            <LanguageSwitch />
          </label>
          <button
            type="button"
            onClick={onToggle}
            className="mt-3 min-h-11 w-full rounded-full bg-surface font-medium"
          >
            {texts.actions.close}
          </button>
        </div>
      )}
    </div>
  );
}

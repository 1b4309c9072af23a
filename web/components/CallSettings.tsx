import { type KeyboardEvent, useEffect, useRef } from "react";

import { SoundIcon } from "@/components/icons";
import type { Line } from "@/hooks/line";
import { type Speaker, useSpeaker } from "@/hooks/useSpeaker";
import { isApple, KEYS } from "@/lib/keys";
import { ACTIONS, KEY_NAMES, LABELS } from "@/lib/texts";

interface CallSettingsProps {
  line: Line;
  isOpen: boolean;
  onToggle: () => void;
}

/** Where and how loud the assistant is heard, and the keys of a call. */
export function CallSettings({ line, isOpen, onToggle }: CallSettingsProps) {
  const panel = useRef<HTMLDivElement>(null);
  const speaker = useSpeaker(line);

  useEffect(() => {
    if (!isOpen) return;
    const before = document.activeElement;
    panel.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, [isOpen]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onToggle();
  };
  return (
    <div className="fixed top-[max(0.25rem,env(safe-area-inset-top))] right-[max(0.5rem,env(safe-area-inset-right))] z-10">
      <button
        type="button"
        onClick={onToggle}
        aria-expanded={isOpen}
        aria-label={ACTIONS.settings}
        title={ACTIONS.settings}
        className="grid size-12 place-items-center rounded-full text-ink-soft transition hover:text-ink"
      >
        <SoundIcon />
      </button>
      {isOpen && (
        <div
          ref={panel}
          role="dialog"
          aria-label={ACTIONS.settings}
          tabIndex={-1}
          onKeyDown={onKeyDown}
          className="absolute top-full right-0 max-h-[70dvh] w-72 max-w-[calc(100vw-1rem)] overflow-y-auto rounded-bubble border border-line bg-paper p-4 text-sm shadow-lg outline-none"
        >
          <SpeakerFields speaker={speaker} />
          <KeyList />
          <button
            type="button"
            onClick={onToggle}
            className="mt-3 min-h-11 w-full rounded-full bg-surface font-medium"
          >
            {ACTIONS.close}
          </button>
        </div>
      )}
    </div>
  );
}

function SpeakerFields({ speaker }: { speaker: Speaker }) {
  const { devices, activeId, choose, volume, setVolume } = speaker;
  return (
    <>
      {volume !== undefined && (
        <label className="mb-3 block font-medium">
          {LABELS.volume}
          <input
            type="range"
            min={0}
            max={1}
            step={0.05}
            value={volume}
            onChange={(event) => setVolume(Number(event.target.value))}
            className="mt-1 block min-h-6 w-full accent-(--ink)"
          />
        </label>
      )}
      {devices.length > 1 && (
        <label className="mb-3 block font-medium">
          {LABELS.speaker}
          <select
            value={devices.some(({ id }) => id === activeId) ? activeId : ""}
            onChange={(event) => choose(event.target.value)}
            className="mt-1 block min-h-11 w-full rounded-lg bg-surface px-2 font-normal"
          >
            <option value="" disabled hidden />
            {devices.map(({ id, label }, index) => (
              <option key={id} value={id}>
                {label || `${LABELS.speaker} ${index + 1}`}
              </option>
            ))}
          </select>
        </label>
      )}
    </>
  );
}

function KeyList() {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
      {KEYS.map(({ command, keys }) => (
        <div key={command} className="contents">
          <dt>
            <kbd className="font-sans font-medium">{keys(isApple())}</kbd>
          </dt>
          <dd className="text-ink-soft">{KEY_NAMES[command]}</dd>
        </div>
      ))}
    </dl>
  );
}

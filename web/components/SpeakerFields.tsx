import type { Speaker } from "@/hooks/useSpeaker";
import { useTexts } from "@/hooks/useTexts";
import { LEAST_VOLUME } from "@/lib/preferences";

/** How loud the assistant is heard, and where, with a tone to try it. */
export function SpeakerFields({ speaker }: { speaker: Speaker }) {
  const { check, labels } = useTexts();
  const { devices, activeId, choose, volume, setVolume, test } = speaker;
  return (
    <>
      {volume !== undefined && (
        <label className="block font-medium">
          {labels.volume}
          <input
            type="range"
            min={LEAST_VOLUME}
            max={1}
            step={0.05}
            value={volume}
            onChange={(event) => setVolume(Number(event.target.value))}
            className="mt-1 block min-h-6 w-full accent-(--ink)"
          />
        </label>
      )}
      {devices.length > 1 && (
        <label className="mt-2 block font-medium">
          {labels.speaker}
          <select
            value={devices.some(({ id }) => id === activeId) ? activeId : ""}
            onChange={(event) => choose(event.target.value)}
            className="mt-1 block min-h-11 w-full rounded-lg bg-surface px-2 font-normal"
          >
            <option value="" disabled hidden />
            {devices.map(({ id, label }, index) => (
              <option key={id} value={id}>
                {label || `${labels.speaker} ${index + 1}`}
              </option>
            ))}
          </select>
        </label>
      )}
      <button
        type="button"
        onClick={test}
        className="mt-2 min-h-11 font-medium underline decoration-line decoration-2 underline-offset-4"
      >
        {check.playTone}
      </button>
    </>
  );
}

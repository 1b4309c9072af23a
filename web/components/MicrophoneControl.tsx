import { ChevronIcon, MicrophoneIcon, MutedIcon } from "@/components/icons";
import { useHoldToTalk } from "@/hooks/useHoldToTalk";
import { useLevelBar } from "@/hooks/useLevelBar";
import type { Microphone } from "@/hooks/useMicrophone";
import { useTexts } from "@/hooks/useTexts";

function MicrophonePicker({ microphone }: { microphone: Microphone }) {
  const texts = useTexts();
  const { devices, activeId, choose } = microphone;
  return (
    <span className="relative grid h-14 w-8 place-items-center focus-within:rounded-full focus-within:outline-2 focus-within:outline-focus">
      <ChevronIcon />
      {/* The browser's own list: it works with a keyboard, a thumb and a screen reader. */}
      <select
        aria-label={texts.actions.chooseMicrophone}
        value={activeId ?? ""}
        onChange={(event) => choose(event.target.value)}
        className="absolute inset-0 w-full cursor-pointer appearance-none bg-surface text-base text-ink opacity-0"
      >
        {activeId === undefined && <option value="" disabled hidden />}
        {devices.map((device, index) => (
          <option key={device.id} value={device.id}>
            {device.label || `${texts.actions.unnamedMicrophone} ${index + 1}`}
          </option>
        ))}
      </select>
    </span>
  );
}

/** Mute, and beside it the choice of microphone when there is one to make. */
export function MicrophoneControl({ microphone }: { microphone: Microphone }) {
  const texts = useTexts();
  const { isOn, isMissing, isOpening, devices } = microphone;
  const level = useLevelBar<HTMLSpanElement>(microphone.readLevel, isOn);
  const holding = useHoldToTalk({ ...microphone, isThere: !isMissing });
  const turnOn = isMissing ? texts.actions.turnOnMicrophone : texts.actions.unmute;
  const label = isOn ? texts.actions.mute : turnOn;
  return (
    <div className="flex shrink-0 items-center rounded-full bg-surface">
      <button
        type="button"
        {...holding}
        aria-label={label}
        title={label}
        aria-busy={isOpening}
        className={`relative grid size-14 place-items-center touch-none overflow-hidden rounded-full transition select-none active:scale-95 aria-busy:animate-pulse ${isOn ? "" : "bg-ink text-paper"}`}
      >
        <span
          ref={level}
          aria-hidden="true"
          className="absolute inset-0 origin-bottom scale-y-[var(--level,0)] bg-[var(--voice-light)] opacity-70"
        />
        <span className="relative">{isOn ? <MicrophoneIcon /> : <MutedIcon />}</span>
      </button>
      {devices.length > 1 && <MicrophonePicker microphone={microphone} />}
    </div>
  );
}

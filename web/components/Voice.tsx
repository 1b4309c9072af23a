import { CANVAS_PIXELS, useVoiceCanvas } from "@/hooks/useVoiceCanvas";
import type { Levels } from "@/lib/levels";
import type { Presence } from "@/lib/presence";

interface VoiceProps {
  presence: Presence;
  readLevels: () => Levels;
  isLarge: boolean;
}

/** The voice, drawn and in words. */
export function Voice({ presence, readLevels, isLarge }: VoiceProps) {
  const canvas = useVoiceCanvas(presence.shape, readLevels);
  const place = isLarge ? "flex-1 justify-center" : "pb-1";
  const size = isLarge ? "size-[min(20rem,38dvh)]" : "-my-3 size-[min(11rem,22dvh)]";
  return (
    <div className={`flex flex-col items-center ${place}`}>
      <canvas
        ref={canvas}
        width={CANVAS_PIXELS}
        height={CANVAS_PIXELS}
        aria-hidden="true"
        className={`${size} transition-[width,height] duration-500 ease-out`}
      />
      <p role="status" className="min-h-6 text-center text-base text-ink-soft">
        {presence.words}
      </p>
    </div>
  );
}

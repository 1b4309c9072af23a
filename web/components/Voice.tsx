import { CANVAS_PIXELS, useVoiceCanvas } from "@/hooks/useVoiceCanvas";
import type { Levels } from "@/lib/levels";
import type { Presence } from "@/lib/presence";

interface VoiceProps {
  presence: Presence;
  readLevels: () => Levels;
}

/** The voice, drawn and in words. */
export function Voice({ presence, readLevels }: VoiceProps) {
  const canvas = useVoiceCanvas(presence.shape, readLevels);
  return (
    // The voice takes the room the words leave it, and gives way as they grow.
    <div className="@container-[size] flex min-h-40 flex-1 basis-40 flex-col items-center justify-center">
      <canvas
        ref={canvas}
        width={CANVAS_PIXELS}
        height={CANVAS_PIXELS}
        aria-hidden="true"
        className="size-[min(22rem,104cqh,100cqw)] shrink-0 transition-[width,height] duration-500 ease-out"
      />
      <p role="status" className="-mt-[min(0.75rem,5cqh)] min-h-6 text-center text-ink-soft">
        {presence.words}
      </p>
    </div>
  );
}

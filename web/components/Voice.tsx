import { useCalmWords } from "@/hooks/useCalmWords";
import { CANVAS_PIXELS, useVoiceCanvas } from "@/hooks/useVoiceCanvas";
import type { Levels } from "@/lib/levels";
import type { Presence } from "@/lib/presence";

interface VoiceProps {
  presence: Presence;
  readLevels: () => Levels;
  /** It stands alone, and takes the room that the words will have. */
  isAlone: boolean;
}

/** The voice, drawn and in words. Its home is laid out in globals.css; nothing on the page moves it. */
export function Voice({ presence, readLevels, isAlone }: VoiceProps) {
  const canvas = useVoiceCanvas(presence.shape, readLevels);
  const { words, isRoutine } = useCalmWords(presence);
  return (
    <div className="voice" data-alone={isAlone} data-shape={presence.shape}>
      <canvas ref={canvas} width={CANVAS_PIXELS} height={CANVAS_PIXELS} aria-hidden="true" />
      <p role="status" aria-live={isRoutine ? "off" : undefined} className="voice-words">
        {words}
      </p>
    </div>
  );
}

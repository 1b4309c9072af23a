"use client";

import { RoomAudioRenderer, useAudioPlayback } from "@livekit/components-react";

import { Button } from "@/components/Button";
import { SoundIcon } from "@/components/icons";
import type { Line } from "@/hooks/line";
import { useTexts } from "@/hooks/useTexts";

/** Plays what the bot says; asks for a tap where the browser does not let it. */
export function Room({ line, isLive }: { line: Line; isLive: boolean }) {
  const texts = useTexts();
  const { canPlayAudio, startAudio } = useAudioPlayback(line.room);
  // A browser that does not let it even now leaves the button in its place.
  const hear = () => void startAudio().catch(() => undefined);
  return (
    <>
      <RoomAudioRenderer room={line.room} />
      {isLive && !canPlayAudio && (
        <div className="flex justify-center py-2">
          <Button onClick={hear}>
            <SoundIcon />
            {texts.actions.hear}
          </Button>
        </div>
      )}
    </>
  );
}

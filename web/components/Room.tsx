import type { RemoteAudioTrack } from "livekit-client";
import { useCallback, useState } from "react";

import { Button } from "@/components/Button";
import { SoundIcon } from "@/components/icons";
import type { Line } from "@/hooks/line";
import { type TellPaused, useAttached } from "@/hooks/useAttached";
import { useSound } from "@/hooks/useSound";
import { useTexts } from "@/hooks/useTexts";

interface HeardProps {
  track: RemoteAudioTrack;
  tellPaused: TellPaused;
}

function Heard({ track, tellPaused }: HeardProps) {
  return <audio ref={useAttached(track, tellPaused)} />;
}

/** Plays what the bot says; asks for a tap where the browser does not let it, or it was stopped. */
export function Room({ line: { room }, isLive }: { line: Line; isLive: boolean }) {
  const texts = useTexts();
  const { tracks, isAllowed } = useSound(room);
  const [paused, setPaused] = useState<readonly RemoteAudioTrack[]>([]);
  const tellPaused = useCallback<TellPaused>((track, isPaused) => {
    setPaused((before) => {
      const others = before.filter((other) => other !== track);
      return isPaused ? [...others, track] : others;
    });
  }, []);
  // A browser that does not let it even now leaves the button in its place.
  const hear = () => void room.startAudio().catch(() => undefined);
  return (
    <>
      <div hidden>
        {tracks.map((track) => (
          <Heard key={track.sid} track={track} tellPaused={tellPaused} />
        ))}
      </div>
      {isLive && (!isAllowed || paused.length > 0) && (
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

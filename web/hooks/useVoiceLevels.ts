import { type LocalAudioTrack, type RemoteAudioTrack, TrackEvent } from "livekit-client";
import { useCallback, useEffect, useRef } from "react";

import { type Levels, levelOf } from "@/lib/levels";
import { NO_METER, openMeter } from "@/lib/meter";

/** How loud a track is now, in 0..1. Reading it renders nothing. */
export function useLevel(track: LocalAudioTrack | RemoteAudioTrack | undefined): () => number {
  const meter = useRef(NO_METER);

  useEffect(() => {
    if (!track) return;
    // The track stays the same when its sound comes from another device, or from the same anew.
    const attach = () => {
      const before = meter.current;
      meter.current = openMeter(track.mediaStreamTrack);
      before.close();
    };
    attach();
    track.on(TrackEvent.Restarted, attach);
    return () => {
      track.off(TrackEvent.Restarted, attach);
      meter.current.close();
      meter.current = NO_METER;
    };
  }, [track]);

  return useCallback(() => levelOf(meter.current.read() ?? []), []);
}

/** A function that says how loud both sides are now. */
export function useVoiceLevels(
  callerTrack: LocalAudioTrack | undefined,
  botTrack: RemoteAudioTrack | undefined,
): () => Levels {
  const caller = useLevel(callerTrack);
  const bot = useLevel(botTrack);
  return useCallback(() => ({ caller: caller(), bot: bot() }), [caller, bot]);
}

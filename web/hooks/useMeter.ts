import { type LocalAudioTrack, type RemoteAudioTrack, TrackEvent } from "livekit-client";
import { useCallback, useEffect, useRef } from "react";

import { type Meter, NO_METER, openMeter } from "@/lib/meter";

/** Measures a track for as long as it is given; the function returned gives its meter. */
export function useMeter(
  track: LocalAudioTrack | RemoteAudioTrack | undefined,
  windowSamples?: number,
): () => Meter {
  const meter = useRef(NO_METER);

  useEffect(() => {
    if (!track) return;
    // The track stays the same when its sound comes from another device, or from the same anew.
    const attach = () => {
      const before = meter.current;
      meter.current = openMeter(track.mediaStreamTrack, windowSamples);
      before.close();
    };
    attach();
    track.on(TrackEvent.Restarted, attach);
    return () => {
      track.off(TrackEvent.Restarted, attach);
      meter.current.close();
      meter.current = NO_METER;
    };
  }, [track, windowSamples]);

  return useCallback(() => meter.current, []);
}

import type { RemoteAudioTrack } from "livekit-client";
import { type RefObject, useEffect, useRef } from "react";

/** Lets an element play a track for as long as it shows it. */
export function useAttached(track: RemoteAudioTrack): RefObject<HTMLAudioElement | null> {
  const ref = useRef<HTMLAudioElement>(null);

  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    track.attach(element);
    return () => void track.detach(element);
  }, [track]);

  return ref;
}

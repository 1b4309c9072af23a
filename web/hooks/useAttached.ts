import type { RemoteAudioTrack } from "livekit-client";
import { type RefObject, useEffect, useRef } from "react";

/** What is paused again so soon is paused on purpose. */
const AGAIN_MS = 1_000;

export type TellPaused = (track: RemoteAudioTrack, isPaused: boolean) => void;

/** Whether the browser lets it; where it does not, it throws various things. */
async function plays(element: HTMLAudioElement): Promise<boolean> {
  try {
    await element.play();
    return true;
  } catch {
    return false;
  }
}

/**
 * Lets an element play a track for as long as it shows it. A call has no pause: what a phone call or the
 * button of a headset stops goes on, or it is told that it has stopped, until it plays.
 */
export function useAttached(
  track: RemoteAudioTrack,
  tellPaused: TellPaused,
): RefObject<HTMLAudioElement | null> {
  const ref = useRef<HTMLAudioElement>(null);

  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const over = new AbortController();
    const { signal } = over;
    let lastMs = -Infinity;
    const goOn = async () => {
      // One that has nothing more to play is paused as well.
      if (track.mediaStreamTrack.readyState === "ended") return;
      const isAgain = performance.now() - lastMs < AGAIN_MS;
      lastMs = performance.now();
      const isOn = !isAgain && (await plays(element));
      if (!isOn && !signal.aborted) tellPaused(track, true);
    };
    element.addEventListener("pause", () => void goOn(), { signal });
    element.addEventListener("playing", () => tellPaused(track, false), { signal });
    track.attach(element);
    return () => {
      over.abort();
      tellPaused(track, false);
      track.detach(element);
    };
  }, [track, tellPaused]);

  return ref;
}

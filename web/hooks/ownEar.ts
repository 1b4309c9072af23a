import { openMeter } from "@/lib/meter";
import { SilenceClock, TalkClock } from "@/lib/ownSound";

const LISTEN_MS = 100;
/** A page in the background is woken rarely; what was missed was not listened to. */
const LONGEST_STEP_MS = 1_000;

interface Heard {
  isSilent: boolean;
  isTalkingMuted: boolean;
}

/** Listens to the caller's own microphone until the function that it returns is called. */
export function listenToOwn(
  source: MediaStreamTrack,
  isMuted: boolean,
  tell: (heard: Heard) => void,
): () => void {
  // A muted track is silent. A copy of it is not; it goes nowhere, and ends with the mute.
  const copy = isMuted ? source.clone() : undefined;
  if (copy) copy.enabled = true;
  const meter = openMeter(copy ?? source);
  const clock = isMuted ? new TalkClock() : new SilenceClock();
  let lastMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const elapsedMs = Math.min(nowMs - lastMs, LONGEST_STEP_MS);
    lastMs = nowMs;
    const samples = meter.read();
    const isSo = samples !== undefined && clock.take(samples, elapsedMs);
    tell({ isSilent: isSo && !isMuted, isTalkingMuted: isSo && isMuted });
  }, LISTEN_MS);
  return () => {
    clearInterval(timer);
    meter.close();
    copy?.stop();
    tell({ isSilent: false, isTalkingMuted: false });
  };
}

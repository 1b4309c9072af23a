import { useEffect } from "react";

import type { CallEvent, CallState } from "@/lib/call";

/** Most steps are over by then; from then on the page says what it waits for. */
const LATE_AFTER_MS = 2_000;
/** LiveKit's client records 10 s; what is said after that would be lost. */
const FULL_AFTER_MS = 9_000;

/** Notices when a step of connecting takes long, and when the recording is nearly full. */
export function useWaiting(state: CallState, report: (event: CallEvent) => void): void {
  const step = state.phase === "connecting" ? state.step : undefined;
  const isHeard = state.phase === "connecting" && state.step !== "queue" && state.isHeard === true;

  useEffect(() => {
    if (step === undefined || step === "queue") return;
    const tell = () => report({ type: "waited", wait: "late" });
    const timer = setTimeout(tell, LATE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [step, report]);

  useEffect(() => {
    if (!isHeard) return;
    const tell = () => report({ type: "waited", wait: "full" });
    const timer = setTimeout(tell, FULL_AFTER_MS);
    return () => clearTimeout(timer);
  }, [isHeard, report]);
}

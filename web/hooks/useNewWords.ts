import { useCallback, useEffect, useRef } from "react";

import type { CallState } from "@/lib/call";

/** The words of the last call stand until the next one has a room of its own. */
export function useNewWords(call: CallState, forget: () => void): (keeps: boolean) => void {
  const isDue = useRef(false);
  const hasBegun = useRef(false);
  const isFresh = call.phase === "idle" && call.ending === null;
  const hasRoom = call.phase === "live" || (call.phase === "connecting" && call.step === "bot");

  useEffect(() => {
    if (!hasRoom || !isDue.current) return;
    isDue.current = false;
    forget();
  }, [hasRoom, forget]);

  useEffect(() => {
    if (!isFresh) hasBegun.current = true;
    // What was said before a start was given up is of no call.
    else if (hasBegun.current) forget();
  }, [isFresh, forget]);

  return useCallback((keeps) => void (isDue.current = !keeps), []);
}

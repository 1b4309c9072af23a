import { useCallback, useEffect, useRef } from "react";

import type { CallState } from "@/lib/call";

/** The words of the last call stand until the next one has a room of its own. */
export function useNewWords(call: CallState, forget: () => void): (keeps: boolean) => void {
  const isDue = useRef(false);
  const hasRoom = call.phase === "live" || (call.phase === "connecting" && call.step === "bot");

  useEffect(() => {
    if (!hasRoom || !isDue.current) return;
    isDue.current = false;
    forget();
  }, [hasRoom, forget]);

  return useCallback((keeps) => void (isDue.current = !keeps), []);
}

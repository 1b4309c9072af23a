import { useCallback, useEffect, useRef } from "react";

import { type CallState, INITIAL_CALL, type Resting } from "@/lib/call";

/** What is left of a call that was broken off, once that was read. */
const OVER: Resting = { phase: "idle", ending: "ended" };

/**
 * Where whoever leaves now comes to: out of a call, as its own end; from a start that did not come so
 * far, back to where they pressed the button. Nobody has ended what has not begun.
 */
export function useResting(state: CallState): () => Resting {
  const before = useRef(INITIAL_CALL);

  useEffect(() => {
    if (state.phase === "idle" || state.phase === "elsewhere") before.current = state;
    else if (state.phase === "live") before.current = OVER;
  }, [state]);

  return useCallback(() => {
    // The way back after a reload leads into a call that is on: to give it up is to end it.
    const isReturn = state.phase === "connecting" && state.step === "return";
    const isOfOthers = before.current.phase === "elsewhere";
    const isInCall = state.phase === "live" || (isReturn && !isOfOthers);
    return isInCall ? { phase: "idle", ending: "caller_left" } : before.current;
  }, [state]);
}

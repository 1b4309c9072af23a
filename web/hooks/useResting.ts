import { useCallback, useEffect, useRef } from "react";

import type { Line } from "@/hooks/line";
import { type CallState, INITIAL_CALL, isOpen, type Resting } from "@/lib/call";

/** Another tab has its call, until this one is in the room: from then on that one has lost it. */
export function isOfOthers({ held, room }: Line): boolean {
  return held.given?.isElsewhere === true && room.localParticipant.sid === "";
}

/** What is left of a call that was broken off, once that was read. */
const OVER: Resting = { phase: "idle", ending: "ended" };

/**
 * Where whoever leaves now comes to: out of a call, as its own end; from a start that did not come so
 * far, back to where they pressed the button. Nobody has ended what has not begun.
 */
export function useResting(state: CallState, line: Line): () => Resting {
  const before = useRef(INITIAL_CALL);
  const isReturn = state.phase === "connecting" && state.step === "return";

  useEffect(() => {
    if (state.phase === "idle" || state.phase === "elsewhere") before.current = state;
    else if (state.phase === "live") before.current = OVER;
    // What is begun after the way back into another tab's call has failed is this one's own.
    else if (isOpen(state) && !isReturn && before.current.phase === "elsewhere")
      before.current = INITIAL_CALL;
  }, [state, isReturn]);

  return useCallback(() => {
    // The way back after a reload leads into a call that is on: to give it up is to end it.
    const isInCall = state.phase === "live" || (isReturn && !isOfOthers(line));
    return isInCall ? { phase: "idle", ending: "caller_left" } : before.current;
  }, [state, isReturn, line]);
}

/** The one state of a call: idle, connecting, live, ending, failed. */

import type { EndReason } from "@/lib/conventions";
import type { Failure } from "@/lib/failure";

export type Ending = EndReason | "ended";

export type CallState =
  | { phase: "idle"; ending: Ending | null }
  | { phase: "connecting"; step: "microphone" | "room" | "bot" }
  | { phase: "live"; isReconnecting: boolean }
  | { phase: "ending" }
  | { phase: "failed"; failure: Failure };

export type CallEvent =
  | { type: "started" }
  | { type: "microphone_opened" }
  | { type: "room_joined" }
  | { type: "bot_ready" }
  | { type: "reconnecting" }
  | { type: "reconnected" }
  | { type: "hung_up" }
  | { type: "closed"; ending: Ending }
  | { type: "failed"; failure: Failure };

export const INITIAL_CALL: CallState = { phase: "idle", ending: null };

/** A call that still holds a microphone, a session or a room. */
export function isOpen(state: CallState): boolean {
  return state.phase === "connecting" || state.phase === "live" || state.phase === "ending";
}

/** Events that do not fit the phase are late echoes of an earlier one and change nothing. */
export function callReducer(state: CallState, event: CallEvent): CallState {
  switch (event.type) {
    case "started":
      return isOpen(state) ? state : { phase: "connecting", step: "microphone" };
    case "microphone_opened":
      return state.phase === "connecting" ? { phase: "connecting", step: "room" } : state;
    case "room_joined":
      return state.phase === "connecting" ? { phase: "connecting", step: "bot" } : state;
    case "bot_ready":
      return state.phase === "connecting" ? { phase: "live", isReconnecting: false } : state;
    case "reconnecting":
    case "reconnected":
      return state.phase === "live"
        ? { phase: "live", isReconnecting: event.type === "reconnecting" }
        : state;
    case "hung_up":
      return isOpen(state) ? { phase: "ending" } : state;
    case "closed":
      return isOpen(state) ? { phase: "idle", ending: event.ending } : state;
    case "failed":
      return failed(state, event.failure);
  }
}

function failed(state: CallState, failure: Failure): CallState {
  // Whoever hung up wants to be out; what breaks on the way out is of no interest.
  if (state.phase === "ending") return { phase: "idle", ending: "caller_left" };
  return isOpen(state) ? { phase: "failed", failure } : state;
}

/** The one state of a call: idle, connecting, live, elsewhere, failed. */

import type { LineStep } from "@/lib/callRequest";
import type { EndReason } from "@/lib/conventions";
import type { Failure } from "@/lib/failure";
import type { Link } from "@/lib/link";

/** `away`: it ended while the page was not in it; `not_found`: the way back leads nowhere. */
export type Ending = EndReason | "ended" | "away" | "not_found";

/** What whoever is in no call looks at. */
export type Resting = { phase: "idle"; ending: Ending | null } | { phase: "elsewhere" };

type ConnectingStep = "microphone" | "queue" | "room" | "bot" | "return";

export type CallState =
  | Resting
  | Connecting
  | { phase: "connecting"; step: "queue"; place: number }
  | { phase: "live"; link: Link; isBotAway: boolean }
  | { phase: "failed"; failure: Failure };

/** `full`: what is said from now on is not recorded any more. */
type Wait = "late" | "full";

export interface Connecting {
  phase: "connecting";
  step: Exclude<ConnectingStep, "queue">;
  /** The microphone is recorded: one may speak already. */
  isHeard?: boolean;
  /** It takes long; absent while it does not. */
  wait?: Wait;
}

export type CallEvent =
  | { type: "started" }
  | { type: "return_begun" }
  | Exclude<LineStep, { type: "session_created" }>
  | { type: "waited"; wait: Wait }
  | { type: "bot_ready" }
  | { type: "bot_away" }
  | { type: "link_changed"; link: Link }
  | { type: "taken_elsewhere" }
  | { type: "left"; to: Resting }
  | { type: "closed"; ending: Ending }
  | { type: "failed"; failure: Failure };

export const INITIAL_CALL: Resting = { phase: "idle", ending: null };

/** A call that still holds a microphone, a session or a room. */
export function isOpen(state: CallState): boolean {
  return state.phase === "connecting" || state.phase === "live";
}

/** Events that do not fit the phase are late echoes of an earlier one and change nothing. */
export function callReducer(state: CallState, event: CallEvent): CallState {
  switch (event.type) {
    case "started":
      return isOpen(state) ? state : { phase: "connecting", step: "microphone" };
    case "return_begun":
      return isOpen(state) ? state : { phase: "connecting", step: "return" };
    case "microphone_opened":
    case "queued":
    case "room_joined":
      return state.phase === "connecting" ? stepped(state, event) : state;
    case "waited":
      return state.phase === "connecting" ? waited(state, event.wait) : state;
    case "bot_ready":
      if (state.phase === "live") return { ...state, isBotAway: false };
      return state.phase === "connecting" ? LIVE : state;
    case "bot_away":
      return state.phase === "live" ? { ...state, isBotAway: true } : state;
    case "link_changed":
      return state.phase === "live" ? { ...state, link: event.link } : state;
    case "taken_elsewhere":
      return { phase: "elsewhere" };
    case "left":
      return isOpen(state) ? event.to : state;
    case "closed":
      return isOpen(state) ? { phase: "idle", ending: event.ending } : state;
    case "failed":
      return isOpen(state) ? { phase: "failed", failure: event.failure } : state;
  }
}

const LIVE: Extract<CallState, { phase: "live" }> = {
  phase: "live",
  link: "good",
  isBotAway: false,
};

type AnyConnecting = Extract<CallState, { phase: "connecting" }>;

function stepped(state: AnyConnecting, event: Exclude<LineStep, { type: "session_created" }>) {
  switch (event.type) {
    case "microphone_opened":
      return connecting("room", event.isRecording ? { isHeard: true } : {});
    case "queued":
      return { phase: "connecting", step: "queue", place: event.place } as const;
    case "room_joined":
      // Who comes back is in the call at once; whether the bot is there too is seen next.
      if (state.step === "return") return { ...LIVE, isBotAway: true };
      return connecting("bot", state.step === "queue" ? {} : heardIn(state));
  }
}

function connecting(
  step: Connecting["step"],
  more: Pick<Connecting, "isHeard" | "wait">,
): Connecting {
  return { phase: "connecting", step, ...more };
}

/** What is recorded goes on through the steps; that one takes long is of that step alone. */
function heardIn({ isHeard, wait }: Connecting): Pick<Connecting, "isHeard" | "wait"> {
  return { ...(isHeard && { isHeard }), ...(wait === "full" && { wait }) };
}

function waited(state: AnyConnecting, wait: Wait): AnyConnecting {
  return state.step === "queue" || state.wait === "full" ? state : { ...state, wait };
}

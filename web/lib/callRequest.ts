/** What a call is opened with, and how far its opening is. */

import type { Attempt } from "@/lib/attempt";
import type { KeptTicket, Ticket } from "@/lib/ticket";

/** A new call as the person wants it. */
export interface NewCall {
  withMicrophone: boolean;
  /** The call that ended and is gone on with. */
  continues?: Ticket | undefined;
}

/** What the person wants. Where nothing comes of it, another try is for the same. */
export type Wanted = NewCall | { kept: KeptTicket };

/** What a new call is opened with; the rest is in the address. */
export interface CallRequest {
  withMicrophone: boolean;
  microphoneId?: string | undefined;
  invite?: string | undefined;
  attempt: Attempt;
}

/** The way back into a call that this tab, or another one, has had. */
export interface ReturnRequest {
  kept: KeptTicket;
  microphoneId?: string | undefined;
  /** Only a click may make the browser ask for the microphone. */
  mayAsk: boolean;
}

export type LineStep =
  /** Recording: what is said from now on reaches the bot. */
  | { type: "microphone_opened"; isRecording?: boolean }
  | { type: "queued"; place: number }
  | { type: "session_created" }
  | { type: "room_joined" };

export type OnStep = (step: LineStep) => void;

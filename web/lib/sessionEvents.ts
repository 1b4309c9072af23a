/** What the bot tells on the session channel, as far as the page makes something of it. */

import type { Side } from "@/lib/captions";
import type { ToolEvent } from "@/lib/toolCalls";

/** How long each part of a turn took, as the bot has measured it; absent where nobody knows. */
export interface Figures {
  /** Bot's clock. */
  startedMs?: number | undefined;
  stoppedMs?: number | undefined;
  /** From the last sound of the caller to the decision that the turn is over. */
  endOfTurnSecs?: number | undefined;
  modelSecs?: number | undefined;
  voiceSecs?: number | undefined;
  /** From the last sound of the caller to the first one of the answer, where the bot is. */
  heardSecs?: number | undefined;
  /** The same where the caller is, if the page has heard it. */
  ownSecs?: number | undefined;
}

type SignalEvent =
  | { type: "bot_state" | "false_interruption" }
  /** The caller speaks over the bot, or what sounded like it was none. */
  | { type: "overlap"; isInterruption: boolean };

export interface TurnEvent {
  type: "turn_added";
  side: Side;
  text: string;
  figures: Figures;
}

interface Stamp {
  /** When it was told, by the bot's clock. */
  botMs?: number | undefined;
}

export type SessionEvent = Stamp & (ToolEvent | SignalEvent | TurnEvent);

/** Whether there is something to see of it in the conversation. */
export function isOfTranscript(event: SessionEvent): event is Stamp & (ToolEvent | TurnEvent) {
  return event.type === "turn_added" || event.type.startsWith("tool_");
}

/** As it would be told by a clock that is ahead by so much. */
export function later(event: SessionEvent, behindMs: number): SessionEvent {
  const plus = (ms: number | undefined) => (ms === undefined ? undefined : ms + behindMs);
  const told = { ...event, botMs: plus(event.botMs) };
  if (told.type !== "turn_added") return told;
  const { startedMs, stoppedMs } = told.figures;
  const figures = { ...told.figures, startedMs: plus(startedMs), stoppedMs: plus(stoppedMs) };
  return { ...told, figures };
}

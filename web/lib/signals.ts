/** What happens in the conversation besides the words: a pure fold over the session's events. */

import type { SessionEvent } from "@/lib/sessionEvents";

/** Whether the caller speaks over the bot, which holds its words until it knows what that was. */
export function interruptionReducer(
  isInterrupting: boolean,
  event: SessionEvent | { type: "bot_gone" },
): boolean {
  switch (event.type) {
    case "overlap":
      return event.isInterruption;
    // It speaks again, thinks or listens: what it held is decided.
    case "bot_state":
    case "false_interruption":
    case "bot_gone":
      return false;
    default:
      return isInterrupting;
  }
}

/** What happens in the conversation besides the words: a pure fold over the session's events. */

import type { SessionEvent, UserState } from "@/lib/sessionEvents";

export interface Signals {
  /** Undefined until the bot has told it. */
  user: UserState | undefined;
  /** The caller speaks over the bot, which holds its words; over when that was nothing, or a turn. */
  isInterrupting: boolean;
  /** What the model has asked for and has no result of, in its order. */
  tools: readonly { id: string; name: string }[];
  /** A start that is read late is of a tool that has ended. */
  endedTools: readonly string[];
}

const MAX_ENDED = 50;

export const NO_SIGNALS: Signals = {
  user: undefined,
  isInterrupting: false,
  tools: [],
  endedTools: [],
};

export function signalsReducer(
  signals: Signals,
  event: SessionEvent | { type: "bot_gone" },
): Signals {
  switch (event.type) {
    case "bot_gone":
      return NO_SIGNALS;
    case "bot_state":
      // It speaks again, thinks or listens: what it held is decided.
      return signals.isInterrupting ? { ...signals, isInterrupting: false } : signals;
    case "user_state":
      return { ...signals, user: event.state };
    case "overlap":
      return { ...signals, isInterrupting: event.isInterruption };
    case "false_interruption":
      return { ...signals, isInterrupting: false };
    case "tools_started": {
      const begun = event.calls.filter(({ id }) => !signals.endedTools.includes(id));
      return { ...signals, tools: [...signals.tools, ...begun] };
    }
    case "tools_executed":
      return withEnded(signals, event.ids);
    case "tool_ended":
      return withEnded(signals, [event.id]);
    default:
      return signals;
  }
}

function withEnded(signals: Signals, ids: readonly string[]): Signals {
  return {
    ...signals,
    tools: signals.tools.filter(({ id }) => !ids.includes(id)),
    endedTools: [...signals.endedTools, ...ids].slice(-MAX_ENDED),
  };
}

/** What the page shows of the call's state: one word line and one shape of the voice. */

import type { CallState, Connecting } from "@/lib/call";
import type { Words } from "@/lib/calmWords";
import type { BotState, Trouble } from "@/lib/conventions";
import { isThere } from "@/lib/link";
import { type Texts, toolDoing } from "@/lib/texts";
import { isTold, type ToolCall } from "@/lib/toolCalls";

/**
 * `waiting`: nobody is heard yet; `resting`: the caller is heard; `turning`: something is being
 * done; `moving`: the bot is heard; `held`: the caller speaks over the bot, which holds its words
 * until it knows whether that was a turn; `still`: paused; `over`: there is no call any more.
 */
export type VoiceShape = "waiting" | "resting" | "turning" | "moving" | "held" | "still" | "over";

export interface Presence extends Words {
  shape: VoiceShape;
}

interface PresenceInput {
  texts: Texts;
  call: CallState;
  bot: BotState | undefined;
  trouble?: Trouble | undefined;
  /** What the bot does or asks now, if it does or asks something. */
  tool?: ToolCall | undefined;
  /** The caller speaks over the bot. */
  isInterrupting?: boolean;
  isMicrophoneOn: boolean;
  hasMicrophone: boolean;
  /** Whether what the caller says can arrive, as far as the microphone goes. */
  isHeard: boolean;
}

/** Most answers begin within this time; a word for it would only flicker. */
const FLEETING_MS = 300;

/** The call of a tool that the state is about: one that asks goes before one that runs. */
export function toolOf(calls: readonly ToolCall[]): ToolCall | undefined {
  const asking = calls.findLast(({ name, status }) => status === "confirming" && name !== "");
  return asking ?? calls.findLast((call) => call.status === "running" && isTold(call));
}

export function presenceOf(input: PresenceInput): Presence {
  const { texts, call } = input;
  switch (call.phase) {
    case "idle":
      return { words: "", shape: call.ending === null ? "waiting" : "over" };
    case "failed":
    case "elsewhere":
      return { words: "", shape: "over" };
    case "connecting":
      if (call.step === "queue") return { words: texts.queue(call.place), shape: "waiting" };
      return connectingPresence(input, call);
    case "live":
      if (!isThere(call.link)) {
        return { words: texts.states[call.link], shape: "still" };
      }
      if (call.isBotAway) return { words: texts.states.botAway, shape: "still" };
      // The voice goes on being drawn: on a weak line it may well be heard.
      if (call.link === "weak")
        return { words: texts.states.weak, shape: livePresence(input).shape };
      return input.trouble
        ? { words: texts.troubles[input.trouble], shape: livePresence(input).shape }
        : livePresence(input);
  }
}

function connectingPresence(input: PresenceInput, { step, isHeard, wait }: Connecting): Presence {
  const { texts } = input;
  if (isHeard && !input.isHeard) return { words: texts.states.unheard, shape: "still" };
  if (isHeard) {
    const words = wait ? texts.heard[wait] : texts.heard.soon;
    return { words, shape: "resting", ...(!wait && { isLasting: true }) };
  }
  const words = wait ? texts.statesLate[step] : texts.states[step];
  // Who has allowed it before is not asked, and waits for nothing.
  return { words, shape: "turning", ...(step === "microphone" && { afterMs: FLEETING_MS }) };
}

function livePresence(input: PresenceInput): Presence {
  const { texts, bot, tool, isMicrophoneOn, hasMicrophone, isHeard } = input;
  if (bot === "speaking") {
    return input.isInterrupting
      ? { words: texts.states.listening, shape: "held", isRoutine: true }
      : { words: texts.states.speaking, shape: "moving", isRoutine: true };
  }
  if (tool?.status === "confirming") return { words: texts.states.asks, shape: "resting" };
  if (bot === "thinking") {
    const words = tool ? toolDoing(texts, tool) : texts.states.thinking;
    return { words, shape: "turning", isRoutine: true, afterMs: FLEETING_MS };
  }
  if (!hasMicrophone) return { words: texts.states.typing, shape: "waiting", isRoutine: true };
  if (!isHeard) return { words: texts.states.unheard, shape: "still" };
  if (!isMicrophoneOn) return { words: texts.states.muted, shape: "still" };
  return { words: texts.states.listening, shape: "resting", isRoutine: true };
}

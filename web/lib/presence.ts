/** What the page shows of the call's state: one word line and one shape of the voice. */

import type { CallState, Connecting } from "@/lib/call";
import type { BotState, Trouble } from "@/lib/conventions";
import { HEARD, queueWords, STATES, STATES_LATE, TROUBLE_STATES } from "@/lib/texts";

/** Listening rests, thinking breathes, speaking moves, paused holds still. */
export type VoiceShape = "resting" | "breathing" | "moving" | "still";

export interface Presence {
  words: string;
  shape: VoiceShape;
}

interface PresenceInput {
  call: CallState;
  bot: BotState | undefined;
  trouble?: Trouble | undefined;
  isMicrophoneOn: boolean;
  hasMicrophone: boolean;
  /** Whether what the caller says can arrive, as far as the microphone goes. */
  isHeard: boolean;
}

export function presenceOf(input: PresenceInput): Presence {
  const { call } = input;
  switch (call.phase) {
    case "idle":
      return { words: "", shape: "resting" };
    case "failed":
    case "elsewhere":
      return { words: "", shape: "still" };
    case "connecting":
      if (call.step === "queue") return { words: queueWords(call.place), shape: "resting" };
      return connectingPresence(call);
    case "live":
      if (call.link === "lost" || call.link === "offline") {
        return { words: STATES[call.link], shape: "still" };
      }
      if (call.isBotAway) return { words: STATES.botAway, shape: "still" };
      // The voice goes on being drawn: on a weak line it may well be heard.
      if (call.link === "weak") return { words: STATES.weak, shape: livePresence(input).shape };
      return input.trouble
        ? { words: TROUBLE_STATES[input.trouble], shape: livePresence(input).shape }
        : livePresence(input);
  }
}

function connectingPresence({ step, isHeard, wait }: Connecting): Presence {
  if (isHeard) return { words: wait ? HEARD[wait] : HEARD.soon, shape: "resting" };
  return { words: wait ? STATES_LATE[step] : STATES[step], shape: "breathing" };
}

function livePresence({ bot, isMicrophoneOn, hasMicrophone, isHeard }: PresenceInput): Presence {
  if (bot === "speaking") return { words: STATES.speaking, shape: "moving" };
  if (bot === "thinking") return { words: STATES.thinking, shape: "breathing" };
  if (!hasMicrophone) return { words: STATES.typing, shape: "resting" };
  if (!isHeard) return { words: STATES.unheard, shape: "still" };
  if (!isMicrophoneOn) return { words: STATES.muted, shape: "still" };
  return { words: STATES.listening, shape: "resting" };
}

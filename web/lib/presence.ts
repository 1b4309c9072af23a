/** What the page shows of the call's state: one word line and one shape of the voice. */

import type { CallState } from "@/lib/call";
import type { BotState } from "@/lib/conventions";
import { STATES } from "@/lib/texts";

/** Listening rests, thinking breathes, speaking moves, paused holds still. */
export type VoiceShape = "resting" | "breathing" | "moving" | "still";

export interface Presence {
  words: string;
  shape: VoiceShape;
}

export interface PresenceInput {
  call: CallState;
  bot: BotState | undefined;
  isMicrophoneOn: boolean;
  hasMicrophone: boolean;
}

export function presenceOf(input: PresenceInput): Presence {
  const { call } = input;
  switch (call.phase) {
    case "idle":
      return { words: "", shape: "resting" };
    case "failed":
      return { words: "", shape: "still" };
    case "ending":
      return { words: STATES.ending, shape: "still" };
    case "connecting":
      return { words: STATES[call.step], shape: "breathing" };
    case "live":
      if (call.isReconnecting) return { words: STATES.reconnecting, shape: "still" };
      return livePresence(input);
  }
}

function livePresence({ bot, isMicrophoneOn, hasMicrophone }: PresenceInput): Presence {
  if (bot === "speaking") return { words: STATES.speaking, shape: "moving" };
  if (bot === "thinking") return { words: STATES.thinking, shape: "breathing" };
  if (!hasMicrophone) return { words: STATES.typing, shape: "resting" };
  if (!isMicrophoneOn) return { words: STATES.muted, shape: "still" };
  return { words: STATES.listening, shape: "resting" };
}

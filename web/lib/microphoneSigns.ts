/** What is known of the caller's microphone, and what of it is told. */

import type { KeptMicrophone } from "@/lib/ticket";

/** Why it stopped and did not come back: nothing to take its place, no permission, or taken away. */
export type Loss = "none_left" | "blocked" | "taken";

export interface MicrophoneSigns {
  /** What the page has of it, whether a room hears it just now or does not. */
  held: KeptMicrophone;
  /** The device in use, as the computer calls it. */
  label: string;
  loss: Loss | undefined;
  /** It gives nothing any more, and nothing has taken its place yet. */
  hasEnded: boolean;
  /** By a key, a switch or another program: the page is only told. */
  isMutedByComputer: boolean;
  /** Not quiet: not one sample comes from it. */
  isSilent: boolean;
  isTalkingMuted: boolean;
  /** Another device is used than before, or than was chosen (`before` is then undefined). */
  replaced: { before: string | undefined } | undefined;
  hasEcho: boolean;
  /** A wireless headset that records as a telephone does. */
  isCallQuality: boolean;
}

export const NO_SIGNS: MicrophoneSigns = {
  held: "none",
  label: "",
  loss: undefined,
  hasEnded: false,
  isMutedByComputer: false,
  isSilent: false,
  isTalkingMuted: false,
  replaced: undefined,
  hasEcho: false,
  isCallQuality: false,
};

export type NoticeCode =
  | Loss
  | "muted_by_computer"
  | "talking_muted"
  | "silent"
  | "replaced"
  | "chosen_gone"
  | "echo"
  | "call_quality";

/** Those who speak now are not heard: that is told at once. */
const URGENT: ReadonlySet<NoticeCode> = new Set([
  "none_left",
  "blocked",
  "taken",
  "muted_by_computer",
  "talking_muted",
  "silent",
]);

export function isUrgent(code: NoticeCode): boolean {
  return URGENT.has(code);
}

/** The one thing to tell: what keeps the caller from being heard goes first. */
export function noticeOf(signs: MicrophoneSigns, isOn: boolean): NoticeCode | undefined {
  if (signs.loss) return signs.loss;
  if (isOn && signs.isMutedByComputer) return "muted_by_computer";
  if (isOn && signs.isSilent) return "silent";
  if (!isOn && signs.isTalkingMuted) return "talking_muted";
  if (signs.replaced) return signs.replaced.before === undefined ? "chosen_gone" : "replaced";
  if (isOn && signs.hasEcho) return "echo";
  return isOn && signs.isCallQuality ? "call_quality" : undefined;
}

/** Whether what the caller says can arrive; who is muted by their own hand knows. */
export function canBeHeard(signs: MicrophoneSigns, isOn: boolean): boolean {
  const code = noticeOf(signs, isOn);
  if (isOn && signs.hasEnded) return false;
  return code === undefined || code === "talking_muted" || !isUrgent(code);
}

/** How long a caller waited for a reply, and for what. */

import type { Figures } from "@/lib/sessionEvents";

export type WaitPart = "endOfTurn" | "model" | "voice" | "rest";

export interface Wait {
  /** From the caller's last sound to the bot's first, in the page if it has heard both. */
  secs: number;
  /** They sum to it. What was done ahead, while the caller was still waited for, counts once. */
  parts: readonly { part: WaitPart; secs: number }[];
}

/** Undefined where nobody waited: a greeting, a reminder, an answer to what was typed. */
export function waitOf(figures: Figures, endOfTurnSecs: number | undefined): Wait | undefined {
  const { heardSecs, modelSecs, voiceSecs } = figures;
  if (heardSecs === undefined || !(heardSecs >= 0)) return undefined;
  const secs = figures.ownSecs ?? heardSecs;
  let left = secs;
  const take = (part: WaitPart, secs: number) => {
    const taken = Math.min(Math.max(secs, 0), left);
    left -= taken;
    return { part, secs: taken };
  };
  const endOfTurn = take("endOfTurn", endOfTurnSecs ?? 0);
  // From the end: what went on before the voice may have been done ahead.
  const voice = take("voice", voiceSecs ?? 0);
  const model = take("model", modelSecs ?? 0);
  const parts = [endOfTurn, model, voice, { part: "rest" as const, secs: left }];
  return { secs, parts: parts.filter(({ secs }) => secs > 0) };
}

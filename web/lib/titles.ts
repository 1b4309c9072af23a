/** What the tab says of the call. */

import type { CallState } from "@/lib/call";
import { isThere } from "@/lib/link";
import type { Texts } from "@/lib/texts";

/** The words for this moment; undefined before the first call. */
export function titleOf(texts: Texts, call: CallState, isAsking: boolean): string | undefined {
  if (call.phase === "idle") return call.ending === null ? undefined : texts.titles.over;
  // Nobody takes an answer while the one or the other is away.
  const isTaken = call.phase === "live" && isThere(call.link) && !call.isBotAway;
  if (isTaken && isAsking) return texts.titles.asks;
  return texts.titles[call.phase];
}

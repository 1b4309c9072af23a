/** What the tab says of the call. */

import type { CallState } from "@/lib/call";
import type { Texts } from "@/lib/texts";

/** The words for this moment; undefined before the first call. */
export function titleOf(texts: Texts, call: CallState, isAsking: boolean): string | undefined {
  if (call.phase === "idle") return call.ending === null ? undefined : texts.titles.over;
  if (call.phase === "live" && isAsking) return texts.titles.asks;
  return texts.titles[call.phase];
}

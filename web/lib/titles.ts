/** What the tab says of the call. */

import type { CallState } from "@/lib/call";
import { TITLES } from "@/lib/texts";

/** The words for this moment; undefined before the first call. */
export function titleOf(call: CallState, isAsking: boolean): string | undefined {
  if (call.phase === "idle") return call.ending === null ? undefined : TITLES.over;
  if (call.phase === "live" && isAsking) return TITLES.asks;
  return TITLES[call.phase];
}

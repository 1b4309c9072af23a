/** The call is over: nothing that was under way is told as if it went on. */

import { leftBehind } from "@/lib/toolCalls";
import { withCall } from "@/lib/toolEntries";
import type { Entry, Times, Transcript } from "@/lib/transcript";

export function callEnded({ entries, calls }: Transcript, times: Times): Transcript {
  const over = calls.map(leftBehind);
  const told = entries.map((entry): Entry => {
    if (entry.kind !== "caption" || entry.caption.status !== "sending") return entry;
    return { ...entry, caption: { ...entry.caption, status: "unsent" } };
  });
  const ended = over.reduce<readonly Entry[]>((all, call) => withCall(all, call, times), told);
  return { calls: over, entries: ended };
}

/** What the conversation shows of a tool call: its question, and what became of it. */

import { placed, without } from "@/lib/places";
import { hasEnded, type ToolCall } from "@/lib/toolCalls";
import type { Entry, Times } from "@/lib/transcript";

/** Brings what is shown of a call up to date. */
export function withCall(
  entries: readonly Entry[],
  call: ToolCall,
  { atMs, botMs }: Times,
): readonly Entry[] {
  const endMs = hasEnded(call) ? atMs : undefined;
  let next: readonly Entry[] = entries.map((entry) =>
    isOf(entry, call.id) && entry.call !== call
      ? { ...entry, call, endMs: entry.endMs ?? endMs }
      : entry,
  );
  const line = next.find((entry) => isOf(entry, call.id) && entry.kind === "tool");
  const isAsked = next.some((entry) => isOf(entry, call.id) && entry.kind === "question");
  const isAsking = call.status === "confirming";
  if (call.question !== "" && !isAsked) {
    const question: Entry = { kind: "question", call, atMs, botMs };
    // A question that is read late stands before what became of it.
    next =
      isAsking || !line
        ? placed(without(next, line), question)
        : next.flatMap((entry) => (entry === line ? [question, line] : [entry]));
    next = heardBefore(next, call.question);
  }
  if (line || isAsking) return next;
  return placed(next, { kind: "tool", call, atMs, botMs, endMs });
}

function isOf(entry: Entry, id: string): entry is Extract<Entry, { call: ToolCall }> {
  return entry.kind !== "caption" && entry.call.id === id;
}

/** A question may be heard before it is read: then the bot's newest words hold it. */
function heardBefore(entries: readonly Entry[], question: string): readonly Entry[] {
  const last = entries.findLast((entry) => entry.kind === "caption");
  if (last?.caption.side !== "bot" || last.caption.question !== undefined) return entries;
  const heard: Entry = { ...last, caption: { ...last.caption, question } };
  return entries.map((entry) => (entry === last ? heard : entry));
}

/** Whoever told of it is gone: nothing that was under way is told as if it went on. */

import { isCaption } from "@/lib/places";
import { leftBehind, type ToolCall } from "@/lib/toolCalls";
import { withCall } from "@/lib/toolEntries";
import type { Entry, Times, Transcript, TranscriptEvent } from "@/lib/transcript";
import { withDoubts } from "@/lib/typedLines";

export function callEnded(transcript: Transcript, times: Times): Transcript {
  const { calls, entries } = without(transcript, times);
  const told = entries.map((entry): Entry => {
    if (entry.kind !== "caption" || entry.caption.status !== "sending") return entry;
    return { ...entry, caption: { ...entry.caption, status: "unsent" } };
  });
  return { calls, entries: told };
}

/** Another bot has come: it asks and looks up anew, and may not know what was typed just before. */
export function botChanged(transcript: Transcript, times: Times): Transcript {
  const left = without(transcript, times);
  const cut = left.entries.map((entry) => cutOff(entry, times));
  return { ...left, entries: withDoubts({ ...left, entries: cut }, times.atMs ?? 0) };
}

/** A former bot has told of it, which is read only now: so it was, and nobody goes on with it. */
export function formerTold(transcript: Transcript, event: TranscriptEvent): Transcript {
  if (!("id" in event)) return transcript;
  const left = without(transcript, event, ({ id }) => id === event.id);
  const isIt = (entry: Entry) => isCaption(entry, event.id);
  return {
    ...left,
    entries: left.entries.map((entry) => (isIt(entry) ? cutOff(entry, event) : entry)),
  };
}

function cutOff(entry: Entry, { atMs }: Times): Entry {
  const isSaid = entry.kind === "caption" && entry.caption.side === "bot";
  if (!isSaid || entry.caption.status !== "open") return entry;
  const caption = { ...entry.caption, status: "interrupted" as const };
  return { ...entry, caption, endMs: entry.endMs ?? atMs };
}

/** The bot knows of no such question any more, and does not say what became of it. */
export function unasked(transcript: Transcript, times: Times & { id: string }): Transcript {
  return without(transcript, times, ({ id, status }) => {
    return id === times.id && status === "confirming";
  });
}

function without(
  { entries, calls, ...rest }: Transcript,
  times: Times,
  isLeft: (call: ToolCall) => boolean = () => true,
): Transcript {
  const over = calls.map((call) => (isLeft(call) ? leftBehind(call) : call));
  const told = over
    .filter((call, place) => call !== calls[place])
    .reduce<readonly Entry[]>((all, call) => withCall(all, call, times), entries);
  return { ...rest, calls: over, entries: told };
}

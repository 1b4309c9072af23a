/**
 * Whether a typed line reached the bot. The connection takes a line and loses it, if it is itself
 * lost and nobody has noticed yet; only the bot knows what it has got, and tells it at once.
 */

import type { Caption } from "@/lib/captions";
import type { Entry, Transcript } from "@/lib/transcript";

/** A connection that is dead is noticed by then. */
const UNNOTICED_MS = 20_000;

/** The bot has this line; the oldest of several alike. */
export function withTaken(entries: readonly Entry[], text: string): readonly Entry[] {
  const taken = entries.find(
    (entry) =>
      entry.kind === "caption" &&
      entry.caption.isTaken === false &&
      plain(entry.caption.text) === plain(text),
  );
  return entries.map((entry) => (entry === taken ? changed(entry, TAKEN) : entry));
}

/** The connection is lost: what was sent just before is on its way again, or nowhere. */
export function withDoubts({ entries, hasTurns }: Transcript, atMs: number): readonly Entry[] {
  // Of a bot that tells of no turns nothing can be known.
  if (!hasTurns) return entries;
  return entries.map((entry) => {
    const isRecent = atMs - (entry.atMs ?? 0) < UNNOTICED_MS;
    return isRecent && isSent(entry)
      ? changed(entry, { status: "sending", isInDoubt: true })
      : entry;
  });
}

/** The connection is back: the bot has had the chance to tell of it. */
export function withoutDoubts(entries: readonly Entry[]): readonly Entry[] {
  return entries.map((entry) =>
    entry.kind === "caption" && entry.caption.isInDoubt
      ? changed(entry, { status: "unsent", isInDoubt: false })
      : entry,
  );
}

const TAKEN = { status: "final", isTaken: true, isInDoubt: false } as const;

function isSent(entry: Entry): boolean {
  if (entry.kind !== "caption") return false;
  return entry.caption.isTaken === false && entry.caption.status === "final";
}

function changed(entry: Entry, change: Partial<Caption>): Entry {
  return entry.kind === "caption" ? { ...entry, caption: { ...entry.caption, ...change } } : entry;
}

/** The bot keeps no control characters, and no tags. */
const plain = (text: string) => text.replace(/[\p{C}<>‹›\s]/gu, "");

/** Where an entry of the conversation stands. */

import type { Entry } from "@/lib/transcript";

/** What has come later than this is not late any more: it stays where it came. */
const LATE_MS = 5_000;

export function isCaption(entry: Entry, id: string): boolean {
  return entry.kind === "caption" && entry.caption.id === id;
}

export function replaced(entries: readonly Entry[], old: Entry, entry: Entry): readonly Entry[] {
  return entries.map((other) => (other === old ? entry : other));
}

export function without(entries: readonly Entry[], gone: Entry | undefined): readonly Entry[] {
  return gone ? entries.filter((entry) => entry !== gone) : entries;
}

/**
 * At the end, unless the bot told of it before of what stands there: words and tool calls come on
 * two ways, and after a broken connection all at once.
 */
export function placed(entries: readonly Entry[], entry: Entry): readonly Entry[] {
  let place = entries.length;
  while (place > 0 && isAfter(entries[place - 1], entry)) place--;
  return [...entries.slice(0, place), entry, ...entries.slice(place)];
}

function isAfter(other: Entry | undefined, { atMs = 0, botMs }: Entry): boolean {
  if (other?.botMs === undefined || botMs === undefined) return false;
  return other.botMs > botMs && atMs - (other.atMs ?? 0) < LATE_MS;
}

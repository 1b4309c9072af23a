/** Puts what the server has kept of a conversation together with what the page has shown of it. */

import type { Caption, CaptionStatus } from "@/lib/captions";
import type { KeptCaption } from "@/lib/resume";
import type { Entry } from "@/lib/transcript";

/**
 * The page's own captions stay as they are: they may be newer. What it has missed is put behind the
 * newest line that both know; a page that was loaded anew knows none and takes all.
 */
export function addKept(entries: readonly Entry[], kept: readonly KeptCaption[]): Entry[] {
  const told = entries.map((entry) => asTaken(entry, kept));
  const shown = told.flatMap((entry) => (entry.kind === "caption" ? [entry.caption] : []));
  const { last, next } = lastShared(shown, kept);
  const known = new Set(shown.map(({ id }) => id));
  const missed = kept
    .slice(next)
    .map((caption, index) => captionOf(caption, next + index))
    .filter(({ id }) => !known.has(id))
    .map((caption): Entry => ({ kind: "caption", caption }));
  // Behind the tools too: what they led to was said after them.
  const place = told.findIndex(
    (entry) => entry.kind === "caption" && entry.caption === shown[last],
  );
  const end = place >= 0 ? place : shown.length === 0 ? 0 : told.length;
  return [...told.slice(0, end), ...missed, ...told.slice(end)];
}

/** Where the missed lines go among the shown ones, and which kept line is the first of them. */
function lastShared(shown: readonly Caption[], kept: readonly KeptCaption[]) {
  for (let last = shown.length; last > 0; last--) {
    const caption = shown[last - 1];
    const found = caption ? kept.findLastIndex((other) => isSame(caption, other)) : -1;
    if (found >= 0) return { last, next: found + 1 };
  }
  return { last: 0, next: 0 };
}

/** A typed line that the server knows got through, whatever this page has seen of it. */
function asTaken(entry: Entry, kept: readonly KeptCaption[]): Entry {
  if (entry.kind !== "caption") return entry;
  const { caption } = entry;
  const isOpen = caption.status === "sending" || caption.status === "unsent";
  const isTaken =
    isOpen && kept.some(({ side, text }) => side === "caller" && text === caption.text);
  return isTaken
    ? { ...entry, caption: { ...caption, status: "final", isTaken: true, isInDoubt: false } }
    : entry;
}

const plain = (text: string) => text.trim().replace(/\s+/g, " ");

/** A line may be longer on one side: it was still being said. */
export function isSame(
  caption: Pick<Caption, "side" | "text">,
  kept: Pick<Caption, "side" | "text">,
) {
  if (caption.side !== kept.side) return false;
  const [one, other] = [plain(caption.text), plain(kept.text)];
  return one !== "" && other !== "" && (one.startsWith(other) || other.startsWith(one));
}

const KEPT_ID = "kept-";

/** Whether a line that is known from the server alone is being said again. */
export function isAgain(last: Caption, caption: Caption): boolean {
  return last.id.startsWith(KEPT_ID) && isSame(last, caption);
}

function captionOf({ side, text, isCut }: KeptCaption, index: number): Caption {
  const status: CaptionStatus = isCut ? "interrupted" : "final";
  return { id: `${KEPT_ID}${index}`, side, text, status, streamNumber: 0 };
}

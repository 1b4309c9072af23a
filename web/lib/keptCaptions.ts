/** Puts what the server has kept of a conversation together with what the page has shown of it. */

import type { Caption, CaptionStatus } from "@/lib/captions";
import type { KeptCaption } from "@/lib/resume";

/**
 * The page's own captions stay as they are: they may be newer. What it has missed is put behind the
 * newest line that both know; a page that was loaded anew knows none and takes all.
 */
export function withKept(shown: readonly Caption[], kept: readonly KeptCaption[]): Caption[] {
  const { last, next } = lastShared(shown, kept);
  const missed = kept.slice(next).map((caption, index) => captionOf(caption, next + index));
  const known = new Set(shown.map(({ id }) => id));
  return [
    ...shown.slice(0, last),
    ...missed.filter(({ id }) => !known.has(id)),
    ...shown.slice(last),
  ];
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

const plain = (text: string) => text.trim().replace(/\s+/g, " ");

/** A line may be longer on one side: it was still being said. */
export function isSame(caption: Pick<Caption, "side" | "text">, kept: KeptCaption): boolean {
  if (caption.side !== kept.side) return false;
  const [one, other] = [plain(caption.text), plain(kept.text)];
  return one !== "" && other !== "" && (one.startsWith(other) || other.startsWith(one));
}

const KEPT_ID = "kept-";

/** Whether the line is known from the server alone. */
export function isKept({ id }: Pick<Caption, "id">): boolean {
  return id.startsWith(KEPT_ID);
}

function captionOf({ side, text, isCut }: KeptCaption, index: number): Caption {
  const status: CaptionStatus = isCut ? "interrupted" : "final";
  return { id: `${KEPT_ID}${index}`, side, text, status, streamNumber: 0 };
}

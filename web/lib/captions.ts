/** Captions of a call as a list of bubbles, one per utterance. */

import { isKept, isSame, withKept } from "@/lib/keptCaptions";
import type { KeptCaption } from "@/lib/resume";

export type Side = "caller" | "bot";
export type CaptionStatus = "open" | "final" | "interrupted";

export interface Caption {
  /** Segment id of the utterance; stable while its text grows. */
  id: string;
  side: Side;
  text: string;
  status: CaptionStatus;
  /** Order number of the newest stream that wrote to this bubble. */
  streamNumber: number;
}

export type CaptionEvent =
  | { type: "text"; id: string; side: Side; text: string; streamNumber: number; isFinal: boolean }
  | { type: "closed"; id: string; streamNumber: number; isFinal: boolean; isInterrupted: boolean }
  | { type: "typed"; id: string; text: string }
  | { type: "kept"; captions: readonly KeptCaption[] }
  | { type: "cleared" };

/** An hour of talk is a few hundred bubbles; beyond this the oldest go. */
const MAX_CAPTIONS = 500;

export function captionsReducer(captions: readonly Caption[], event: CaptionEvent): Caption[] {
  switch (event.type) {
    case "cleared":
      return [];
    case "typed":
      return append(captions, {
        id: event.id,
        side: "caller",
        text: event.text,
        status: "final",
        streamNumber: 0,
      });
    case "kept":
      return withKept(captions, event.captions).slice(-MAX_CAPTIONS);
    case "text":
      return withText(captions, event);
    case "closed":
      return captions.map((caption) =>
        caption.id === event.id && caption.streamNumber <= event.streamNumber
          ? { ...caption, status: closedStatus(caption, event) }
          : caption,
      );
  }
}

function append(captions: readonly Caption[], caption: Caption): Caption[] {
  return [...captions, caption].slice(-MAX_CAPTIONS);
}

function withText(
  captions: readonly Caption[],
  event: Extract<CaptionEvent, { type: "text" }>,
): Caption[] {
  const { id, side, text, streamNumber } = event;
  const known = captions.find((caption) => caption.id === id);
  // Every interim comes in a stream of its own; a slow reader must not bring old text back.
  if (known && known.streamNumber > streamNumber) return [...captions];
  const status = event.isFinal ? "final" : (known?.status ?? "open");
  const caption: Caption = { id, side, text, status, streamNumber };
  if (text.trim() === "") return captions.filter((other) => other.id !== id);
  if (!known) {
    // What was being said when the page went comes again, whole, under its own id.
    const last = captions.at(-1);
    const isAgain = last && isKept(last) && isSame(last, { side, text, isCut: false });
    return append(isAgain ? captions.slice(0, -1) : captions, caption);
  }
  return captions.map((other) => (other.id === id ? caption : other));
}

function closedStatus(
  caption: Caption,
  event: Extract<CaptionEvent, { type: "closed" }>,
): CaptionStatus {
  if (event.isInterrupted) return "interrupted";
  return event.isFinal ? "final" : caption.status;
}

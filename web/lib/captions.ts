/** What one side said, as one bubble an utterance: a pure fold over the events of its streams. */

export type Side = "caller" | "bot";
/** The last two are typed: on its way to the bot, and not taken by any. */
export type CaptionStatus = "open" | "final" | "interrupted" | "sending" | "unsent";

export interface Caption {
  /** Segment id of the utterance; stable while its text grows. */
  id: string;
  side: Side;
  /** Empty once its words were withdrawn: a stream read late must not bring them back. */
  text: string;
  status: CaptionStatus;
  /** Order number of the newest stream that wrote to this bubble. */
  streamNumber: number;
  /** Of a typed line: whether the bot has told that it has it. */
  isTaken?: boolean | undefined;
  /** It was sent, and then the connection was lost. */
  isInDoubt?: boolean | undefined;
  /** What the bot asked while it said this: that part stands as the question itself. */
  question?: string | undefined;
}

type TextEvent = {
  type: "text";
  id: string;
  side: Side;
  text: string;
  streamNumber: number;
  isFinal: boolean;
};
type ClosedEvent = {
  type: "closed";
  id: string;
  streamNumber: number;
  isFinal: boolean;
  isInterrupted: boolean;
};

/** Of one utterance. */
export type CaptionEvent =
  | TextEvent
  | ClosedEvent
  | { type: "typed"; id: string; text: string }
  | { type: "typed_sent"; id: string }
  | { type: "typed_unsent"; id: string };

/** What the event leaves of an utterance, or undefined if it tells of none we know. */
export function captionReducer(
  caption: Caption | undefined,
  event: CaptionEvent,
): Caption | undefined {
  switch (event.type) {
    case "text":
      return withText(caption, event);
    case "closed":
      return caption && caption.streamNumber <= event.streamNumber
        ? { ...caption, status: closedStatus(caption, event) }
        : caption;
    case "typed":
      return {
        id: event.id,
        side: "caller",
        text: event.text,
        status: "sending",
        streamNumber: 0,
        isTaken: false,
      };
    case "typed_sent":
      return caption && { ...caption, status: "final" };
    case "typed_unsent":
      // What got through got through, whatever is told of it later.
      return caption?.status === "sending" ? { ...caption, status: "unsent" } : caption;
  }
}

function withText(known: Caption | undefined, event: TextEvent): Caption {
  const { id, side, text, streamNumber } = event;
  // Every interim comes in a stream of its own; a slow reader must not bring old text back.
  if (known && known.streamNumber > streamNumber) return known;
  const status = event.isFinal ? "final" : (known?.status ?? "open");
  return { ...known, id, side, text: text.trim() === "" ? "" : text, status, streamNumber };
}

function closedStatus(caption: Caption, event: ClosedEvent): CaptionStatus {
  if (event.isInterrupted) return "interrupted";
  return event.isFinal ? "final" : caption.status;
}

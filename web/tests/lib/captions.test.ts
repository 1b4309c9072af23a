import { describe, expect, it } from "vitest";

import type { CaptionEvent } from "@/lib/captions";
import {
  EMPTY_TRANSCRIPT,
  shownEntries,
  type TranscriptEvent,
  transcriptReducer,
} from "@/lib/transcript";

const play = (...events: TranscriptEvent[]) =>
  shownEntries(events.reduce(transcriptReducer, EMPTY_TRANSCRIPT)).flatMap((entry) =>
    entry.kind === "caption" ? [entry.caption] : [],
  );

const KEPT: TranscriptEvent = {
  type: "kept",
  captions: [{ side: "caller", text: "hello", isCut: false }],
};
const CALL_ENDED: TranscriptEvent = { type: "call_ended" };

const said = (
  id: string,
  text: string,
  more: Partial<Extract<CaptionEvent, { type: "text" }>> = {},
): CaptionEvent => ({
  type: "text",
  id,
  side: "caller",
  text,
  streamNumber: 1,
  isFinal: false,
  ...more,
});

const closed = (
  id: string,
  more: Partial<Extract<CaptionEvent, { type: "closed" }>> = {},
): CaptionEvent => ({
  type: "closed",
  id,
  streamNumber: 1,
  isFinal: true,
  isInterrupted: false,
  ...more,
});

describe("captions", () => {
  it("keeps one bubble per utterance while its interim text grows", () => {
    const captions = play(
      said("a", "what"),
      said("a", "what time", { streamNumber: 2 }),
      said("a", "What time is it?", { streamNumber: 3, isFinal: true }),
    );
    expect(captions).toHaveLength(1);
    expect(captions[0]).toMatchObject({ text: "What time is it?", status: "final" });
  });

  it("stays in the order in which the utterances began", () => {
    const captions = play(
      said("caller", "stop"),
      said("bot", "All", { side: "bot" }),
      said("caller", "Stop that", { streamNumber: 2, isFinal: true }),
    );
    expect(captions.map((caption) => caption.id)).toEqual(["caller", "bot"]);
  });

  it("ignores an older stream that is read late", () => {
    const captions = play(
      said("a", "new words", { streamNumber: 2 }),
      said("a", "old", { streamNumber: 1 }),
      closed("a", { streamNumber: 1, isFinal: false }),
    );
    expect(captions[0]).toMatchObject({ text: "new words", status: "open" });
  });

  it("does not reopen a final utterance when its text is sent once more", () => {
    const captions = play(said("a", "Yes.", { isFinal: true }), said("a", "Yes."));
    expect(captions[0]?.status).toBe("final");
  });

  it("marks a reply as interrupted when its stream says so", () => {
    const captions = play(
      said("b", "Once upon a", { side: "bot" }),
      closed("b", { isInterrupted: true }),
    );
    expect(captions[0]).toMatchObject({ text: "Once upon a", status: "interrupted" });
  });

  it("leaves an interim open when its stream closes without a final", () => {
    expect(play(said("a", "what"), closed("a", { isFinal: false }))[0]?.status).toBe("open");
  });

  it("drops a bubble whose words were withdrawn", () => {
    expect(play(said("a", "hm"), said("a", " ", { streamNumber: 2 }))).toEqual([]);
  });

  it("does not bring withdrawn words back when an older stream is read late", () => {
    const captions = play(
      said("a", " ", { streamNumber: 2 }),
      said("a", "hm", { streamNumber: 1 }),
      closed("a", { streamNumber: 1 }),
    );
    expect(captions).toEqual([]);
  });

  it("shows nothing for a stream that closes without words", () => {
    expect(play(closed("a"))).toEqual([]);
  });

  const typed: CaptionEvent = { type: "typed", id: "t", text: "hello" };

  it.each<[CaptionEvent[], string]>([
    [[], "sending"],
    [[{ type: "typed_sent", id: "t" }], "final"],
    [[{ type: "typed_unsent", id: "t" }], "unsent"],
    [[{ type: "typed_unsent", id: "t" }, typed], "sending"],
    [
      [
        { type: "typed_sent", id: "t" },
        { type: "typed_unsent", id: "t" },
      ],
      "final",
    ],
  ])("tells of a typed line whether it got through: %j is %s", (then, status) => {
    const captions = play(typed, ...then);
    expect(captions).toMatchObject([{ side: "caller", text: "hello", status }]);
  });

  it("says that what was still on its way at the end of the call was not sent", () => {
    expect(play(typed, { type: "call_ended" })[0]?.status).toBe("unsent");
  });

  const turn = (text: string): TranscriptEvent => {
    return { type: "turn_added", side: "caller", text, figures: {} };
  };
  const sent: TranscriptEvent = { type: "typed_sent", id: "t" };
  const lost = (atMs = 5_000): TranscriptEvent => ({ type: "line_lost", atMs });
  const back: TranscriptEvent = { type: "line_back" };

  it.each<[string, TranscriptEvent[], string]>([
    ["was taken before", [sent, turn("hello"), lost(), back], "final"],
    ["was taken as the bot writes it", [sent, turn(" ‹hello›\n"), lost(), back], "final"],
    ["is in doubt", [turn("before"), sent, lost()], "sending"],
    ["is taken after all", [turn("before"), sent, lost(), turn("hello"), back], "final"],
    ["is known on the way back", [turn("before"), sent, lost(), KEPT, back], "final"],
    ["is taken late", [turn("before"), sent, lost(), back, turn("hello")], "final"],
    ["went nowhere", [turn("before"), sent, lost(), back], "unsent"],
    ["went nowhere, and the call is over", [turn("before"), sent, lost(), CALL_ENDED], "unsent"],
    ["was sent long before", [turn("before"), sent, lost(60_000), back], "final"],
    ["goes to a bot that tells of no turns", [sent, lost(), back], "final"],
    ["waits for the way back", [turn("before"), lost(), back], "sending"],
  ])("when the connection is lost, knows of a line that %s", (_which, then, status) => {
    expect(play({ ...typed, atMs: 1_000 }, ...then).at(-1)?.status).toBe(status);
  });

  it("puts a line that is sent again where it is said again", () => {
    const captions = play(typed, { type: "typed_unsent", id: "t" }, said("a", "Well?"), typed);
    expect(captions.map(({ id }) => id)).toEqual(["a", "t"]);
  });

  it("forgets everything when a new call starts", () => {
    expect(play(said("a", "what"), { type: "cleared" })).toEqual([]);
  });

  it("lets the oldest bubbles go in a very long call", () => {
    const events = Array.from({ length: 700 }, (_, index) => said(`${index}`, "words"));
    const captions = play(...events);
    expect(captions).toHaveLength(600);
    expect(captions.at(-1)?.id).toBe("699");
  });
});

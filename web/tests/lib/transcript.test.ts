import { describe, expect, it } from "vitest";

import {
  EMPTY_TRANSCRIPT,
  entriesOf,
  type TranscriptEvent,
  transcriptReducer,
} from "@/lib/transcript";

const play = (...events: TranscriptEvent[]) => events.reduce(transcriptReducer, EMPTY_TRANSCRIPT);

const said = (id: string, text = "words"): TranscriptEvent => ({
  type: "text",
  id,
  side: "caller",
  text,
  streamNumber: 1,
  isFinal: true,
});

const started = (id: string): TranscriptEvent => ({ type: "tool_started", id, name: "weather" });

const order = (...events: TranscriptEvent[]) =>
  entriesOf(play(...events)).map((entry) =>
    entry.kind === "caption" ? entry.caption.id : entry.call.id,
  );

describe("transcript", () => {
  it("keeps each call under the words after which it began", () => {
    expect(order(said("a"), started("1"), said("b"), started("2"), started("3"))).toEqual([
      "a",
      "1",
      "b",
      "2",
      "3",
    ]);
  });

  it("shows a call that began before any words first", () => {
    expect(order(started("1"), said("a"))).toEqual(["1", "a"]);
  });

  it("does not lose a call whose words were withdrawn", () => {
    expect(order(said("a"), said("b"), started("1"), said("b", " "))).toEqual(["a", "1"]);
  });

  it("follows a call in its place, and forgets everything when a new call starts", () => {
    const transcript = play(said("a"), started("1"), said("b"), {
      type: "tool_ended",
      id: "1",
      status: "done",
    });
    expect(entriesOf(transcript)[1]).toMatchObject({ kind: "tool", call: { status: "done" } });
    expect(transcriptReducer(transcript, { type: "cleared" })).toEqual(EMPTY_TRANSCRIPT);
  });

  it("lets the oldest calls go in a very long conversation", () => {
    const many = Array.from({ length: 250 }, (_, index) => started(`${index}`));
    expect(play(...many).tools).toHaveLength(200);
  });
});

import { describe, expect, it } from "vitest";

import { shownText } from "@/lib/question";
import {
  askingCall,
  EMPTY_TRANSCRIPT,
  shownEntries,
  type Transcript,
  type TranscriptEvent,
  transcriptReducer,
} from "@/lib/transcript";

const play = (...events: TranscriptEvent[]) => events.reduce(transcriptReducer, EMPTY_TRANSCRIPT);

const said = (id: string, text = "words", more: Partial<TranscriptEvent> = {}): TranscriptEvent =>
  ({
    type: "text",
    id,
    side: "caller",
    text,
    streamNumber: 1,
    isFinal: true,
    ...more,
  }) as TranscriptEvent;

const bot = (id: string, text: string, more: Partial<TranscriptEvent> = {}) =>
  said(id, text, { side: "bot", isFinal: false, ...more } as Partial<TranscriptEvent>);

const started = (id: string, more = {}): TranscriptEvent => {
  return { type: "tool_started", id, name: "weather", ...more };
};
const QUESTION = "Shall I book a haircut on Thursday, October 8 at 10:00 AM?";
const asked = (id: string): TranscriptEvent => ({ type: "tool_asked", id, question: QUESTION });
const confirmed = (id: string): TranscriptEvent => ({ type: "tool_confirmed", id });
const ended = (id: string): TranscriptEvent => ({ type: "tool_ended", id, status: "done" });

const orderOf = (transcript: Transcript) =>
  shownEntries(transcript).map((entry) =>
    entry.kind === "caption" ? entry.caption.id : `${entry.kind} ${entry.call.id}`,
  );
const order = (...events: TranscriptEvent[]) => orderOf(play(...events));
/** What the bot's words are, beside the question. */
const words = (...events: TranscriptEvent[]) =>
  shownEntries(play(...events)).flatMap((entry) =>
    entry.kind === "caption" ? [shownText(entry.caption)] : [],
  );

describe("transcript", () => {
  it("keeps each call under the words after which it began", () => {
    expect(order(said("a"), started("1"), said("b"), started("2"), started("3"))).toEqual([
      "a",
      "tool 1",
      "b",
      "tool 2",
      "tool 3",
    ]);
  });

  it("shows a call that began before any words first", () => {
    expect(order(started("1"), said("a"))).toEqual(["tool 1", "a"]);
  });

  it.each<[string, TranscriptEvent[]]>([
    ["are withdrawn", [said("b", " ", { streamNumber: 2 } as never)]],
    ["are said on", [said("b", "words and more", { streamNumber: 2 } as never)]],
  ])("leaves a call where it began when the words before it %s", (_how, events) => {
    const shown = order(said("a"), said("b"), started("1"), ...events, said("c"));
    expect(shown.filter((id) => id !== "b")).toEqual(["a", "tool 1", "c"]);
  });

  it("keeps a call above the answer it led to when the way back brings the words again", () => {
    const kept = (...texts: string[]): TranscriptEvent => ({
      type: "kept",
      captions: texts.map((text, index) => {
        return { side: index % 2 === 0 ? "caller" : "bot", text, isCut: false };
      }),
    });
    // The question is said again under its own id, and the answer was missed.
    expect(
      order(kept("Weather?"), started("1"), said("c", "Weather?"), kept("Weather?", "Sunny.")),
    ).toEqual(["c", "tool 1", "kept-1"]);
  });

  it("puts what is read late where the bot told it", () => {
    const at = (botMs: number, atMs = 1_000) => ({ botMs, atMs }) as Partial<TranscriptEvent>;
    expect(order(said("a", "w", at(1)), bot("b", "Sunny.", at(9)), started("1", at(5)))).toEqual([
      "a",
      "tool 1",
      "b",
    ]);
    // What is much older is of another clock.
    expect(order(bot("b", "Sunny.", at(9)), started("1", at(5, 60_000)))).toEqual(["b", "tool 1"]);
  });

  it("shows a question in its place and then, where it happened, what came of it", () => {
    const asking = [said("a"), started("1"), asked("1")];
    expect(order(...asking)).toEqual(["a", "question 1"]);
    expect(askingCall(play(...asking))?.question).toBe(QUESTION);
    const answered = [...asking, said("b", "Yes, please."), confirmed("1"), ended("1")];
    expect(order(...answered)).toEqual(["a", "question 1", "b", "tool 1"]);
    expect(askingCall(play(...answered))).toBeUndefined();
  });

  it("shows a question that is read late before what came of it", () => {
    expect(order(started("1"), ended("1"), asked("1"))).toEqual(["question 1", "tool 1"]);
  });

  it.each<[string, TranscriptEvent[], string[]]>([
    ["grows", [asked("1"), bot("b", "Shall I book a")], []],
    ["is spoken whole", [asked("1"), bot("b", QUESTION)], []],
    ["is heard before it is read", [bot("b", QUESTION), asked("1")], []],
    ["has other marks", [asked("1"), bot("b", QUESTION.replace(",", "").toLowerCase())], []],
    ["follows other words", [asked("1"), bot("b", `One moment. ${QUESTION}`)], ["One moment."]],
    ["is beginning after them", [asked("1"), bot("b", "One moment. Shall I")], ["One moment."]],
    ["has words after it", [asked("1"), bot("b", `${QUESTION} Just say yes.`)], ["Just say yes."]],
    ["is put again", [asked("1"), bot("b", QUESTION), bot("d", QUESTION)], []],
    ["was agreed to meanwhile", [asked("1"), bot("b", QUESTION), confirmed("1")], []],
    ["is not what is said", [asked("1"), bot("b", "Shall we go on?")], ["Shall we go on?"]],
    ["only ends alike", [asked("1"), bot("b", "A marsh")], ["A marsh"]],
    ["is said by the caller", [asked("1"), said("c", QUESTION)], [QUESTION]],
    ["is not asked any more", [asked("1"), ended("1"), bot("b", QUESTION)], [QUESTION]],
  ])("lets a question stand once when it %s", (_how, events, expected) => {
    expect(words(started("1"), ...events)).toEqual(expected);
  });

  it("leaves nothing under way when the call is over", () => {
    const transcript = play(started("1"), started("2"), asked("2"), { type: "call_ended" });
    expect(askingCall(transcript)).toBeUndefined();
    expect(transcript.calls.map(({ status }) => status)).toEqual(["unfinished", "unfinished"]);
    expect(orderOf(transcript)).toEqual(["tool 1", "question 2", "tool 2"]);
  });

  it("makes no line of the end of the call, but asks about it", () => {
    const end: TranscriptEvent = { type: "tool_started", id: "1", name: "end_call" };
    expect(order(end, ended("1"))).toEqual([]);
    expect(order(end, asked("1"))).toEqual(["question 1"]);
  });

  it("draws nothing anew that has not changed", () => {
    const before = play(said("a"), started("1"), said("b"));
    const after = transcriptReducer(before, said("b", "more", { streamNumber: 2 } as never));
    expect(after.entries.slice(0, 2)).toEqual(before.entries.slice(0, 2));
    expect(after.entries.slice(0, 2).every((entry, at) => entry === before.entries[at])).toBe(true);
  });

  it("forgets everything when a new call starts", () => {
    expect(play(said("a"), started("1"), { type: "cleared" })).toEqual(EMPTY_TRANSCRIPT);
  });

  it("lets the oldest calls go in a very long conversation", () => {
    const many = Array.from({ length: 250 }, (_, index) => started(`${index}`));
    expect(play(...many).calls).toHaveLength(200);
  });
});

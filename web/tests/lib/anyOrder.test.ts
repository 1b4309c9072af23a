import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type CallEvent, callReducer, type CallState, INITIAL_CALL, isOpen } from "@/lib/call";
import { interruptionReducer } from "@/lib/signals";
import { hasEnded } from "@/lib/toolCalls";
import {
  askingCall,
  EMPTY_TRANSCRIPT,
  shownEntries,
  type TranscriptEvent,
  transcriptReducer,
} from "@/lib/transcript";

/** The same on every machine. */
const RUNS = { seed: 17, numRuns: 500 };

const BEGIN = ["started", "return_begun"];
const END = ["closed", "left", "failed", "taken_elsewhere"];
const CALL_EVENTS: readonly CallEvent[] = [
  { type: "started" },
  { type: "return_begun" },
  { type: "microphone_opened", isRecording: true },
  { type: "queued", place: 2 },
  { type: "room_joined" },
  { type: "waited", wait: "late" },
  { type: "bot_ready" },
  { type: "bot_away" },
  { type: "link_changed", link: "lost" },
  { type: "taken_elsewhere" },
  { type: "left", to: { phase: "idle", ending: "caller_left" } },
  { type: "closed", ending: "goodbye" },
  { type: "failed", failure: { code: "at_capacity" } },
];

const DECIDED = [
  { type: "bot_state" },
  { type: "false_interruption" },
  { type: "bot_gone" },
  { type: "overlap", isInterruption: false },
] as const;
const SIGNALS = [
  ...DECIDED,
  { type: "overlap", isInterruption: true },
  { type: "tool_ended", id: "1", status: "done" },
] as const;

const QUESTION = "Shall I book it?";

/** Each way by itself keeps its order; what comes on another may overtake it. */
const WAYS: TranscriptEvent[][] = [
  ["what", "what time", "What time is it?"].flatMap((text, index): TranscriptEvent[] => {
    const isFinal = index === 2;
    const streamNumber = index + 1;
    return [
      { type: "text", id: "c1", side: "caller", text, streamNumber, isFinal },
      { type: "closed", id: "c1", streamNumber, isFinal, isInterrupted: false },
    ];
  }),
  [{ type: "text", id: "c2", side: "caller", text: "hm", streamNumber: 4, isFinal: false }],
  [{ type: "text", id: "c2", side: "caller", text: "", streamNumber: 5, isFinal: true }],
  [
    { type: "text", id: "b1", side: "bot", text: "Once upon", streamNumber: 6, isFinal: false },
    { type: "closed", id: "b1", streamNumber: 6, isFinal: true, isInterrupted: true },
  ],
  [{ type: "tool_started", id: "1", name: "weather" }],
  [{ type: "tool_progressed", id: "1", text: "near", number: 1 }],
  [{ type: "tool_progressed", id: "1", text: "far", number: 2 }],
  [{ type: "tool_ended", id: "1", status: "failed" }],
  [{ type: "tool_started", id: "2", name: "book_appointment" }],
  [{ type: "tool_asked", id: "2", question: QUESTION }],
  [{ type: "tool_confirmed", id: "2" }],
  [{ type: "tool_started", id: "3", name: "cancel_appointment" }],
  [{ type: "tool_asked", id: "3", question: "Shall I cancel it?" }],
  [{ type: "tool_ended", id: "3", status: "cancelled", result: '{"status":"declined"}' }],
  [
    { type: "typed", id: "t", text: "Hello" },
    { type: "typed_sent", id: "t" },
    { type: "typed_unsent", id: "t" },
  ],
];

/** Which way speaks next, for all that is to be said. */
const turns = WAYS.flatMap((way, index) => way.map(() => index));
const anyOrder = fc
  .shuffledSubarray(turns, { minLength: turns.length, maxLength: turns.length })
  .map((order): TranscriptEvent[] => {
    const ways = WAYS.map((way) => [...way]);
    return order.flatMap((index) => ways[index]?.shift() ?? []);
  });

/** What the list says, whatever its order. */
const told = (events: TranscriptEvent[]) => {
  const transcript = events.reduce(transcriptReducer, EMPTY_TRANSCRIPT);
  expect(askingCall(transcript)).toBeUndefined();
  return shownEntries(transcript)
    .map((entry) =>
      entry.kind === "caption"
        ? `${entry.caption.id} ${entry.caption.status}: ${entry.caption.text}`
        : `${entry.kind} ${entry.call.id} ${entry.call.status} ${entry.call.progress}`,
    )
    .sort();
};

describe("events in any order", () => {
  it("tell no lie of what was said", () => {
    fc.assert(
      fc.property(anyOrder, (events) => {
        expect(told(events)).toEqual([
          "b1 interrupted: Once upon",
          "c1 final: What time is it?",
          "question 2 running ",
          "question 3 cancelled ",
          "t final: Hello",
          "tool 1 failed far",
          "tool 2 running ",
          "tool 3 cancelled ",
        ]);
        // And over is over, wherever it comes.
        const ended = [...events, { type: "call_ended" } as const];
        expect(told(ended)).toContain("tool 2 unfinished ");
      }),
      RUNS,
    );
  });

  it("begin and end a call by what begins and ends one alone", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...CALL_EVENTS), { maxLength: 40 }), (events) => {
        let state: CallState = INITIAL_CALL;
        for (const event of events) {
          const next = callReducer(state, event);
          if (isOpen(next) && !isOpen(state)) expect(BEGIN).toContain(event.type);
          if (!isOpen(next) && isOpen(state)) expect(END).toContain(event.type);
          // A late echo changes nothing, not even the object.
          const isEcho = !isOpen(state) && ![...BEGIN, "taken_elsewhere"].includes(event.type);
          if (isEcho) expect(next).toBe(state);
          state = next;
        }
      }),
      RUNS,
    );
  });

  it("leave nobody speaking over a bot that has gone on, or is gone", () => {
    const some = fc.array(fc.constantFrom(...SIGNALS), { maxLength: 40 });
    fc.assert(
      fc.property(some, fc.constantFrom(...DECIDED), (events, last) => {
        expect([...events, last].reduce(interruptionReducer, false)).toBe(false);
      }),
      RUNS,
    );
  });

  it("leave nothing going on of a bot whose place another one has taken, however late", () => {
    fc.assert(
      fc.property(anyOrder, fc.nat(turns.length), (events, place) => {
        const early = events.slice(0, place).reduce(transcriptReducer, EMPTY_TRANSCRIPT);
        let transcript = transcriptReducer(early, { type: "bot_changed" });
        for (const event of events.slice(place)) {
          transcript = transcriptReducer(transcript, { ...event, isFormer: true });
          expect(transcript.calls.filter((call) => !hasEnded(call))).toEqual([]);
          const growing = transcript.entries.filter(
            (entry) =>
              entry.kind === "caption" &&
              entry.caption.side === "bot" &&
              entry.caption.status === "open",
          );
          expect(growing).toEqual([]);
        }
      }),
      RUNS,
    );
  });
});

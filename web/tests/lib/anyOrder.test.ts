import { describe, expect, it } from "vitest";

import {
  askingCall,
  EMPTY_TRANSCRIPT,
  shownEntries,
  type TranscriptEvent,
  transcriptReducer,
} from "@/lib/transcript";

/** Small, and the same on every machine: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function seeded(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * below);
  };
}

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

function shuffled(random: (below: number) => number): TranscriptEvent[] {
  const ways = WAYS.map((way) => [...way]);
  const events: TranscriptEvent[] = [];
  while (ways.length > 0) {
    const at = random(ways.length);
    const event = ways[at]?.shift();
    if (event) events.push(event);
    else ways.splice(at, 1);
  }
  return events;
}

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
  it.each(Array.from({ length: 300 }, (_, seed) => seed))("tell no lie: seed %s", (seed) => {
    const events = shuffled(seeded(seed + 1));
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
  });
});

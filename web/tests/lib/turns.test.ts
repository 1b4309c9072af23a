import { describe, expect, it } from "vitest";

import type { Figures } from "@/lib/sessionEvents";
import { EMPTY_TRANSCRIPT, type TranscriptEvent, transcriptReducer } from "@/lib/transcript";
import { waitOf } from "@/lib/wait";

const play = (...events: TranscriptEvent[]) => events.reduce(transcriptReducer, EMPTY_TRANSCRIPT);

/** The bot's clock is an hour behind. */
const BOT_MS = 3_600_000;

const said = (side: "caller" | "bot", id: string, text: string, atMs: number): TranscriptEvent => ({
  type: "text",
  id,
  side,
  text,
  streamNumber: 1,
  isFinal: true,
  atMs,
  botMs: atMs - BOT_MS,
});
const turn = (
  side: "caller" | "bot",
  text: string,
  atMs: number,
  figures: Figures,
): TranscriptEvent => ({
  type: "turn_added",
  side,
  text,
  figures,
  atMs,
  botMs: atMs - BOT_MS,
});

const waits = (...events: TranscriptEvent[]) =>
  play(...events).entries.map(({ wait }) => wait?.secs);

const T = 10_000_000;
const asked = said("caller", "c1", "What time is it?", T);
const askedTurn = turn("caller", "What time is it?", T + 300, {
  startedMs: T - 900 - BOT_MS,
  stoppedMs: T - 100 - BOT_MS,
  endOfTurnSecs: 0.3,
});
const heard = (startedMs: number): Figures => ({
  startedMs: startedMs - BOT_MS,
  modelSecs: 0.1,
  voiceSecs: 0.05,
  heardSecs: 0.6,
});

describe("turns", () => {
  it("tell when words were spoken that the recogniser has told later", () => {
    const [entry] = play(asked, askedTurn).entries;
    expect(entry).toMatchObject({ atMs: T - 900, endMs: T - 100 });
  });

  it("tell at the reply how long it was waited for, and for what", () => {
    const transcript = play(
      asked,
      askedTurn,
      said("bot", "b1", "It is ten.", T + 600),
      turn("bot", "It is ten.", T + 2_000, heard(T + 590)),
    );
    expect(transcript.entries[1]?.wait).toMatchObject({
      secs: 0.6,
      parts: [
        { part: "endOfTurn", secs: 0.3 },
        { part: "model" },
        { part: "voice" },
        { part: "rest" },
      ],
    });
  });

  it("count the first words after the caller's, whatever follows them", () => {
    const [question, filler, answer] = [
      asked,
      said("bot", "b1", "Let me see.", T + 600),
      said("bot", "b2", "It is ten.", T + 3_000),
    ];
    const told = turn("bot", "Let me see. It is ten.", T + 5_000, heard(T + 2_990));
    expect(waits(question, filler, answer, told)).toEqual([undefined, 0.6, undefined]);
  });

  it("stay with the reply that was cut when the caller speaks again", () => {
    expect(
      waits(
        asked,
        said("bot", "b1", "It is", T + 600),
        said("caller", "c2", "Stop.", T + 900),
        turn("bot", "It is", T + 1_000, heard(T + 590)),
      ),
    ).toEqual([undefined, 0.6, undefined]);
  });

  it.each<[string, Figures]>([
    ["nobody waited", { startedMs: T + 590 - BOT_MS }],
    ["the figure is none", { startedMs: T + 590 - BOT_MS, heardSecs: NaN }],
    ["nothing of it was shown", heard(T + 60_000)],
  ])("tell of no wait when %s", (_why, figures) => {
    const events = [asked, said("bot", "b1", "Hello.", T + 600)];
    expect(waits(...events, turn("bot", "Hello.", T + 900, figures))).toEqual([
      undefined,
      undefined,
    ]);
  });

  it.each<[Figures, number | undefined]>([
    [{ heardSecs: 0.6, modelSecs: 0.1, voiceSecs: 0.05 }, 0.3],
    [{ heardSecs: 0.6, modelSecs: 0.9, voiceSecs: 0.4 }, 0.5],
    [{ heardSecs: 0.2, modelSecs: 0.1 }, 0.9],
    [{ heardSecs: 0.6 }, undefined],
    [{ heardSecs: 0.6, modelSecs: -1, voiceSecs: 0 }, -0.1],
    [{ heardSecs: 0 }, 0.1],
    [{ heardSecs: 0.6, ownSecs: 0.72, modelSecs: 0.1, voiceSecs: 0.05 }, 0.3],
  ])("have parts that sum to the whole: %j, %s", (figures, endOfTurnSecs) => {
    const wait = waitOf(figures, endOfTurnSecs);
    const sum = wait?.parts.reduce((total, { secs }) => total + secs, 0);
    expect(sum).toBeCloseTo(figures.ownSecs ?? figures.heardSecs ?? NaN, 9);
    expect(wait?.parts.every(({ secs }) => secs > 0)).toBe(true);
  });
});

import { describe, expect, it } from "vitest";

import { WaitEar } from "@/lib/waitEar";

const RATE_HZ = 8_000;
const WINDOW = 1_600;

type Talk = readonly (readonly [fromSecs: number, toSecs: number, level?: number])[];

/** What a side sounds like: a tone between the given times, and quiet. */
function sound(secs: number, talk: Talk): Float32Array {
  const samples = new Float32Array(secs * RATE_HZ);
  for (const [from, to, level = 0.3] of talk) {
    for (let at = Math.round(from * RATE_HZ); at < to * RATE_HZ; at++) {
      samples[at] = level * (at % 2 ? -1 : 1);
    }
  }
  return samples;
}

const every = (secs: number) =>
  Array.from({ length: Math.floor(4.5 / secs) }, (_, look) => look * secs + 0.3);

/** An ear that was asked to listen at these times. */
function ear(caller: Talk, bot: Talk, looks = every(0.05)) {
  const [said, heard] = [sound(5, caller), sound(5, bot)];
  const listens = new WaitEar();
  for (const endSecs of looks) {
    const end = Math.round(endSecs * RATE_HZ);
    const part = (samples: Float32Array) => samples.subarray(end - WINDOW, end);
    listens.take(part(said), part(heard), endSecs, RATE_HZ);
  }
  return listens;
}

const QUESTION: Talk = [[0.6, 2]];
const REPLY: Talk = [
  [2.65, 3.1],
  [3.4, 3.9],
];

describe("how long a reply was waited for", () => {
  it("is heard in the page, to the sample", () => {
    expect(ear(QUESTION, REPLY).waitFor(0.55)).toBeCloseTo(0.65, 3);
  });

  it("is heard also where the page is late by a tenth of a second", () => {
    expect(ear(QUESTION, REPLY, every(0.15)).waitFor(0.55)).toBeCloseTo(0.65, 3);
  });

  it("is that of the reply's first words, whoever speaks over them", () => {
    const over: Talk = [...QUESTION, [2.8, 3]];
    expect(ear(over, REPLY).waitFor(0.55)).toBeCloseTo(0.65, 3);
  });

  it("is told once, of the reply it belongs to", () => {
    const listens = ear(QUESTION, REPLY);
    expect(listens.waitFor(undefined)).toBeUndefined();
    expect(listens.waitFor(0.55)).toBeUndefined();
  });

  it.each<[string, Talk, Talk, number[] | undefined]>([
    ["the room is noisy", [[0, 5, 0.01]], REPLY, undefined],
    ["the page slept when the caller ended", QUESTION, REPLY, [0.5, 1, 2.5, 2.55, 2.6, 2.65, 2.7]],
    ["the page slept when the reply began", QUESTION, REPLY, [0.5, 1.9, 2, 2.05, 3, 3.05, 3.1]],
    ["nobody had asked", [], REPLY, undefined],
    ["nothing is heard", QUESTION, [], undefined],
  ])("is the bot's to tell where %s", (_why, caller, bot, looks) => {
    expect(ear(caller, bot, looks).waitFor(0.55)).toBeUndefined();
  });
});

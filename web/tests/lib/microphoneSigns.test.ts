import { describe, expect, it } from "vitest";

import {
  canBeHeard,
  isUrgent,
  type MicrophoneSigns,
  NO_SIGNS,
  noticeOf,
} from "@/lib/microphoneSigns";
import { SilenceClock, TalkClock } from "@/lib/ownSound";

const SIGNS: [Partial<MicrophoneSigns>, on: string | undefined, muted: string | undefined][] = [
  [{}, undefined, undefined],
  [{ loss: "none_left" }, "none_left", "none_left"],
  [{ loss: "blocked", replaced: { before: "A" } }, "blocked", "blocked"],
  [{ loss: "taken", isMutedByComputer: true }, "taken", "taken"],
  [{ isMutedByComputer: true, isSilent: true }, "muted_by_computer", undefined],
  [{ isSilent: true, hasEcho: true }, "silent", undefined],
  [{ isTalkingMuted: true, replaced: { before: "A" } }, "replaced", "talking_muted"],
  [{ replaced: { before: "A" } }, "replaced", "replaced"],
  [{ replaced: { before: undefined } }, "chosen_gone", "chosen_gone"],
  [{ hasEcho: true, isCallQuality: true }, "echo", undefined],
  [{ isCallQuality: true }, "call_quality", undefined],
];

describe("what is told of the microphone", () => {
  it.each(SIGNS)("of %j is %s, and %s while muted", (signs, on, muted) => {
    const all = { ...NO_SIGNS, ...signs };
    expect([noticeOf(all, true), noticeOf(all, false)]).toEqual([on, muted]);
  });

  it("is urgent exactly when speech does not arrive", () => {
    for (const [signs] of SIGNS) {
      const all = { ...NO_SIGNS, ...signs };
      const code = noticeOf(all, true);
      expect(canBeHeard(all, true), code).toBe(code === undefined || !isUrgent(code));
      // Who is muted by their own hand is not told that they cannot be heard.
      expect(canBeHeard(all, false)).toBe(all.loss === undefined);
    }
  });
});

const nothing = new Float32Array(1024);
const room = new Float32Array(1024).fill(0.000_05);
const speech = new Float32Array(1024).fill(0.05);

/** What a clock says after each stretch of sound, heard in steps of 100 ms. */
function told(clock: SilenceClock | TalkClock, ...heard: [Float32Array, number][]) {
  return heard.map(([samples, secs]) => {
    let isSo = false;
    for (let step = 0; step < secs * 10; step++) isSo = clock.take(samples, 100);
    return isSo;
  });
}

describe("a microphone that is silent", () => {
  it.each([
    [
      "from the beginning",
      [
        [nothing, 9],
        [nothing, 2],
      ],
      [false, true],
    ],
    [
      "until it is switched on",
      [
        [nothing, 12],
        [room, 0.1],
        [nothing, 12],
      ],
      [true, false, false],
    ],
    [
      "between sentences of a noise gate",
      [
        [speech, 1],
        [nothing, 20],
      ],
      [false, false],
    ],
    [
      "after it was switched off",
      [
        [speech, 1],
        [nothing, 31],
      ],
      [false, true],
    ],
    ["in a quiet room is none", [[room, 60]], [false]],
  ] as const)("%s", (_what, heard, expected) => {
    expect(
      told(new SilenceClock(), ...heard.map(([a, b]) => [a, b] as [Float32Array, number])),
    ).toEqual(expected);
  });
});

describe("a caller who speaks while muted", () => {
  it.each([
    ["is noticed within a second", [[speech, 0.9]], [true]],
    [
      "is not one who coughs",
      [
        [speech, 0.4],
        [room, 2],
      ],
      [false, false],
    ],
    [
      "speaks in syllables",
      [
        [speech, 0.3],
        [room, 0.1],
        [speech, 0.3],
        [room, 0.1],
        [speech, 0.4],
      ],
      [false, false, false, false, true],
    ],
    [
      "is let alone once silent",
      [
        [speech, 1],
        [room, 2],
        [room, 3],
      ],
      [true, true, false],
    ],
    ["is not the room", [[room, 60]], [false]],
  ] as const)("%s", (_what, heard, expected) => {
    expect(
      told(new TalkClock(), ...heard.map(([a, b]) => [a, b] as [Float32Array, number])),
    ).toEqual(expected);
  });
});

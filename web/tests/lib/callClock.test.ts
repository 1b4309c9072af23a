import { beforeEach, describe, expect, it, vi } from "vitest";

import { BotClocks } from "@/lib/botClocks";
import { CallClock } from "@/lib/callClock";
import { later } from "@/lib/sessionEvents";
import { EMPTY_TRANSCRIPT, type TranscriptEvent, transcriptReducer } from "@/lib/transcript";

const HOUR_MS = 3_600_000;
const NOON_MS = 1_800_000_000_000;

/** What the computer says of the time, and how long it has run. */
const computer = { wallMs: NOON_MS, ranMs: 5_000 };

beforeEach(() => {
  Object.assign(computer, { wallMs: NOON_MS, ranMs: 5_000 });
  vi.spyOn(Date, "now").mockImplementation(() => computer.wallMs);
  vi.spyOn(performance, "now").mockImplementation(() => computer.ranMs);
});

const pass = (ms: number) => {
  computer.wallMs += ms;
  computer.ranMs += ms;
};

describe("the clock of a call", () => {
  it("is the reader's, and goes as theirs does", () => {
    const clock = new CallClock();
    pass(HOUR_MS);
    clock.set();
    expect(clock.now()).toBe(NOON_MS + HOUR_MS);
    pass(1_500);
    expect(clock.now()).toBe(NOON_MS + HOUR_MS + 1_500);
  });

  it.each([-HOUR_MS, HOUR_MS, -24 * HOUR_MS])("minds none that is set by %i ms", (stepMs) => {
    const clock = new CallClock();
    const before = clock.now();
    computer.wallMs += stepMs;
    pass(2_000);
    expect(clock.now() - before).toBe(2_000);
  });

  it("is right again with the next call, but never goes back", () => {
    const clock = new CallClock();
    computer.wallMs += HOUR_MS;
    clock.set();
    expect(clock.now()).toBe(NOON_MS + HOUR_MS);
    computer.wallMs -= 2 * HOUR_MS;
    clock.set();
    pass(1_000);
    expect(clock.now()).toBe(NOON_MS + HOUR_MS + 1_000);
  });

  it("is the reader's again, also if theirs was ahead, once nothing is left that was told by it", () => {
    const clock = new CallClock();
    computer.wallMs += HOUR_MS;
    clock.set();
    clock.now();
    computer.wallMs -= HOUR_MS;
    clock.forget();
    pass(1_000);
    expect(clock.now()).toBe(NOON_MS + 1_000);
  });
});

describe("the clocks of the bots", () => {
  it.each([
    ["goes on", "a", [1_000, 2_000, 3_000]],
    ["is set back", "a", [1_000, -HOUR_MS, 1_000 - HOUR_MS]],
    ["is another one's, and behind", "b", [1_000, -5_000, -4_000]],
  ])("that %s brings nothing before what came earlier", (_how, then, stepsMs) => {
    const clocks = new BotClocks();
    const told = stepsMs.map((stepMs, index) => {
      const sentMs = NOON_MS + stepMs;
      return sentMs + clocks.behind(index === 0 ? "a" : then, sentMs);
    });
    expect(told).toEqual([...told].sort((one, other) => one - other));
  });

  it("are as they are where nothing is wrong, and where nothing is said", () => {
    const clocks = new BotClocks();
    const sentMs = [0, 40, 20, HOUR_MS].map((ms) => NOON_MS + ms);
    expect(sentMs.map((ms) => clocks.behind("a", ms))).toEqual([0, 0, 0, 0]);
    // LiveKit's protocol has 0 where a sender says nothing.
    expect(clocks.behind("a", 0)).toBe(0);
    expect(clocks.behind("a", NOON_MS + HOUR_MS + 1)).toBe(0);
  });

  it("keep what a former bot tells late where it was", () => {
    const clocks = new BotClocks();
    clocks.behind("a", NOON_MS);
    const aheadMs = clocks.behind("b", NOON_MS - HOUR_MS);
    expect(aheadMs).toBe(HOUR_MS);
    expect(clocks.behind("a", NOON_MS + 10)).toBe(0);
  });

  it("are put right in all that a message tells", () => {
    const figures = { startedMs: 10, stoppedMs: 20, heardSecs: 1 };
    const turn = { type: "turn_added", side: "bot", text: "", figures, botMs: 30 } as const;
    expect(later(turn, 100)).toMatchObject({
      botMs: 130,
      figures: { startedMs: 110, stoppedMs: 120, heardSecs: 1 },
    });
    expect(later({ type: "bot_state" }, 100)).toMatchObject({ botMs: undefined });
  });
});

describe("a turn", () => {
  const text: TranscriptEvent = {
    type: "text",
    id: "c1",
    side: "caller",
    text: "Hello.",
    streamNumber: 1,
    isFinal: true,
    atMs: NOON_MS,
    botMs: NOON_MS,
  };
  const turn = (startedMs: number): TranscriptEvent => ({
    type: "turn_added",
    side: "caller",
    text: "Hello.",
    figures: { startedMs },
    atMs: NOON_MS + 100,
    botMs: NOON_MS + 100,
  });

  it.each([
    ["a moment ago", NOON_MS - 900, NOON_MS - 900],
    ["before the bot's clock was set forward", NOON_MS - HOUR_MS, NOON_MS],
    ["before it was set back", NOON_MS + HOUR_MS, NOON_MS],
  ])("that began %s is where it was heard", (_when, startedMs, atMs) => {
    const { entries } = [text, turn(startedMs)].reduce(transcriptReducer, EMPTY_TRANSCRIPT);
    expect(entries.map((entry) => entry.atMs)).toEqual([atMs]);
  });
});

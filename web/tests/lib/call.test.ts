import { describe, expect, it } from "vitest";

import { type CallEvent, callReducer, type CallState, INITIAL_CALL } from "@/lib/call";

const play = (...events: CallEvent[]): CallState => events.reduce(callReducer, INITIAL_CALL);

const LIVE: CallEvent[] = [
  { type: "started" },
  { type: "microphone_opened" },
  { type: "room_joined" },
  { type: "bot_ready" },
];
const CAPACITY: CallEvent = { type: "failed", failure: { code: "at_capacity" } };

describe("call", () => {
  it("goes from idle through each step of connecting to live", () => {
    const steps = LIVE.map((_, index) => play(...LIVE.slice(0, index + 1)));
    expect(steps).toEqual([
      { phase: "connecting", step: "microphone" },
      { phase: "connecting", step: "room" },
      { phase: "connecting", step: "bot" },
      { phase: "live", link: "good", isBotAway: false },
    ]);
  });

  it("takes a second click on start for nothing", () => {
    expect(play(...LIVE, { type: "started" }).phase).toBe("live");
  });

  it("shows how the connection is, and that the bot is away, only while live", () => {
    const lost: CallEvent = { type: "link_changed", link: "lost" };
    const away: CallEvent = { type: "bot_away" };
    const both = { phase: "live", link: "lost", isBotAway: true };
    expect(play(...LIVE, lost, away)).toEqual(both);
    expect(play(...LIVE, away, lost)).toEqual(both);
    expect(play(...LIVE, away, lost, { type: "bot_ready" })).toEqual({ ...both, isBotAway: false });
    expect(play({ type: "started" }, lost, away)).toEqual({
      phase: "connecting",
      step: "microphone",
    });
  });

  it("comes back straight into the call, where the bot is seen next", () => {
    const begun: CallEvent = { type: "return_begun" };
    expect(play(begun)).toEqual({ phase: "connecting", step: "return" });
    expect(play(begun, { type: "room_joined" })).toEqual({
      phase: "live",
      link: "good",
      isBotAway: true,
    });
    expect(play(...LIVE, begun).phase).toBe("live");
  });

  it("waits in the queue, and goes on from there", () => {
    const start: CallEvent[] = [{ type: "started" }, { type: "microphone_opened" }];
    const queued = play(...start, { type: "queued", place: 2 });
    expect(queued).toEqual({ phase: "connecting", step: "queue", place: 2 });
    expect(callReducer(queued, { type: "room_joined" })).toMatchObject({ step: "bot" });
  });

  it("lets the call go to another tab", () => {
    expect(play(...LIVE, { type: "taken_elsewhere" })).toEqual({ phase: "elsewhere" });
  });

  it("keeps the reason of a failure", () => {
    expect(play({ type: "started" }, CAPACITY)).toEqual({
      phase: "failed",
      failure: { code: "at_capacity" },
    });
  });

  it("starts again after a failure and after an ending", () => {
    expect(play({ type: "started" }, CAPACITY, { type: "started" }).phase).toBe("connecting");
    expect(play(...LIVE, { type: "closed", ending: "goodbye" }, { type: "started" }).phase).toBe(
      "connecting",
    );
  });

  it("ends as asked even when something breaks on the way out", () => {
    const ended = { phase: "idle", ending: "caller_left" } as const;
    expect(play(...LIVE, { type: "closed", ending: "caller_left" }, CAPACITY)).toEqual(ended);
  });

  it("ignores late echoes once the call is over", () => {
    const ended: CallState = { phase: "idle", ending: "goodbye" };
    const events: CallEvent[] = [
      CAPACITY,
      { type: "closed", ending: "ended" },
      { type: "bot_ready" },
      { type: "room_joined" },
      { type: "microphone_opened" },
    ];
    for (const event of events) expect(callReducer(ended, event)).toBe(ended);
  });
});

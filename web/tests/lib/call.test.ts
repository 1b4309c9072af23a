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
      { phase: "live", isReconnecting: false },
    ]);
  });

  it("takes a second click on start for nothing", () => {
    expect(play(...LIVE, { type: "started" }).phase).toBe("live");
  });

  it("shows reconnecting only while live", () => {
    expect(play(...LIVE, { type: "reconnecting" })).toEqual({
      phase: "live",
      isReconnecting: true,
    });
    expect(play(...LIVE, { type: "reconnecting" }, { type: "reconnected" })).toEqual({
      phase: "live",
      isReconnecting: false,
    });
    expect(play({ type: "started" }, { type: "reconnecting" }).phase).toBe("connecting");
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
    expect(play(...LIVE, { type: "hung_up" }, CAPACITY)).toEqual({
      phase: "idle",
      ending: "caller_left",
    });
  });

  it("ignores late echoes once the call is over", () => {
    const ended: CallState = { phase: "idle", ending: "goodbye" };
    const events: CallEvent[] = [
      CAPACITY,
      { type: "closed", ending: "ended" },
      { type: "hung_up" },
      { type: "bot_ready" },
      { type: "room_joined" },
      { type: "microphone_opened" },
    ];
    for (const event of events) expect(callReducer(ended, event)).toBe(ended);
  });
});

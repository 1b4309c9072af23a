import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { useEndedCall } from "@/hooks/useEndedCall";
import type { CallState } from "@/lib/call";
import type { Link } from "@/lib/link";

import { fakeLine } from "./fakes";

import { promise } from "../promise";

/** Of a computer whose clock can be set anew, and that can sleep. */
const clock = { ms: 0 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
  vi.spyOn(performance, "now").mockImplementation(() => clock.ms);
});
afterEach(() => void vi.useRealTimers());

const pass = (secs: number) =>
  act(async () => {
    for (let second = 0; second < secs; second++) {
      clock.ms += 1_000;
      vi.advanceTimersByTime(1_000);
    }
  });

/** Nothing runs; some computers count the time all the same. */
const sleep = (secs: number, isCounted: boolean) =>
  act(async () => {
    if (isCounted) clock.ms += 1_000 * secs;
    vi.setSystemTime(Date.now() + 1_000 * secs);
  });

const live = (link: Link = "good"): CallState => ({ phase: "live", link, isBotAway: false });
const OVER: CallState = { phase: "idle", ending: "away" };

function follow({ isReturn = false } = {}) {
  const line = fakeLine();
  const { length } = line.voice;
  if (!isReturn) length.begin();
  const { result, rerender } = renderHook(({ call }) => useEndedCall(call, line, undefined), {
    initialProps: { call: live() },
  });
  const becomes = (call: CallState) => act(async () => rerender({ call }));
  const ended = async () => {
    await becomes(OVER);
    return result.current?.secs;
  };
  return { length, becomes, ended };
}

describe("how long a call was", () => {
  it("is the time between its two ends", async () => {
    const { ended } = follow();
    await pass(245);
    expect(await ended()).toBe(245);
  });

  it.each([-3_600, 3_600, 86_400])("minds no clock that is set by %i s", async (secs) => {
    const { ended } = follow();
    await pass(10);
    vi.setSystemTime(Date.now() + 1_000 * secs);
    await pass(10);
    expect(await ended()).toBe(20);
  });

  promise(
    "Page",
    "The length of a call is true, though the clock is set anew or the computer sleeps.",
    async () => {
      for (const isCounted of [true, false]) {
        const { becomes, ended } = follow();
        await pass(60);
        await sleep(8 * 3_600, isCounted);
        // A moment passes until the page knows.
        await pass(2);
        await becomes(live("lost"));
        await pass(5);
        // The second in which it woke is not told from the sleep.
        expect([61, 62]).toContain(await ended());
      }
    },
  );

  it.each([true, false])("has the sleep in it that it did outlive: %s", async (isCounted) => {
    const { length, becomes, ended } = follow();
    await pass(60);
    await becomes(live("lost"));
    await sleep(40, isCounted);
    length.told(103);
    await becomes(live());
    await pass(10);
    expect(await ended()).toBe(113);
  });

  it("goes on after a search of which the server does not tell how long it took", async () => {
    const { length, becomes, ended } = follow();
    await pass(60);
    await becomes(live("offline"));
    await pass(30);
    length.told(undefined);
    await becomes(live());
    await pass(10);
    expect(await ended()).toBe(70);
  });

  it("is never taken back, whatever the server says", async () => {
    const { length, ended } = follow();
    await pass(60);
    length.told(5);
    expect(await ended()).toBe(60);
  });

  it("is what the server says of a page that has come later", async () => {
    const { length, ended } = follow({ isReturn: true });
    length.told(600);
    await pass(5);
    expect(await ended()).toBe(605);
  });

  it("is not told where nobody knows it", async () => {
    const { ended } = follow({ isReturn: true });
    await pass(5);
    expect(await ended()).toBeUndefined();
  });
});

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Holder, STANDS_MS } from "@/lib/holder";
import { TakenElsewhereError } from "@/lib/resume";

import { promise } from "../promise";

beforeEach(() => {
  localStorage.clear();
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

/** A page on its way into the call, as if loaded anew. */
function newPage(before?: Holder, isAsked = false): Holder {
  const page = new Holder();
  page.seek({ sessionId: "s1", holder: before?.id }, isAsked);
  return page;
}

function inTheCall(before?: Holder): Holder {
  const page = newPage(before);
  page.take();
  return page;
}

it("stands for as long as its page is in the call", () => {
  const page = inTheCall();
  vi.advanceTimersByTime(3_600_000);
  expect(() => newPage()).toThrow(TakenElsewhereError);
  page.release();
  expect(newPage().isTaken).toBe(false);
  vi.advanceTimersByTime(STANDS_MS);
  expect(localStorage).toHaveLength(0);
});

it("is taken from the page of the same tab, from any other only when that is asked for", () => {
  const before = inTheCall();
  expect(newPage(before).isTaken).toBe(false);
  expect(() => newPage()).toThrow(TakenElsewhereError);
  const asked = newPage(undefined, true);
  expect(asked.isTaken).toBe(false);
  // It was asked for while that one had it: a third one is not in the way unknown.
  const third = inTheCall(before);
  expect(asked.isTaken).toBe(true);
  third.release();
});

promise("Page", "A tab gets the call it asks for, also from one that was frozen and thaws.", () => {
  const frozen = inTheCall();
  // Its timers stand still, the clock does not.
  vi.setSystemTime(Date.now() + STANDS_MS);
  const asked = newPage(undefined, true);
  vi.advanceTimersByTime(STANDS_MS / 2);
  expect(() => newPage()).toThrow(TakenElsewhereError);
  expect(asked.isTaken).toBe(false);
  asked.take();
  expect([frozen.isTaken, asked.isTaken]).toEqual([true, false]);
});

it("is not written over by a page that does not know yet that it is out", () => {
  const first = inTheCall();
  const second = inTheCall(first);
  vi.advanceTimersByTime(STANDS_MS);
  expect([first.isTaken, second.isTaken]).toEqual([true, false]);
  first.release();
  expect(first.isTaken).toBe(true);
});

it("of a page that has crashed is none, whatever the clock is set to, and is swept", () => {
  for (const setByMs of [STANDS_MS, -STANDS_MS]) {
    localStorage.setItem("parley.holder.s0", `crashed ${Date.now() - setByMs}`);
    localStorage.setItem("parley.holder.s1", `crashed ${Date.now() - setByMs}`);
    localStorage.setItem("parley.volume", "0.5");
    expect(newPage().isTaken).toBe(false);
    inTheCall().release();
    expect(Object.keys(localStorage)).toEqual(["parley.volume"]);
  }
});

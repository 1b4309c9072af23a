import { renderHook } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";

import { useLast } from "@/hooks/useLast";
import { forgetLast, keepLast } from "@/lib/ticket";

const ticketOf = (sessionId: string) => ({
  sessionId,
  ticket: `ticket-${sessionId}`,
  isContinuable: true,
  microphone: "on" as const,
  isElsewhere: false,
});

beforeEach(() => window.sessionStorage.clear());

/** Every rendering, also those that the next one replaces: each may be a frame on the screen. */
function rendered() {
  const seen: (string | undefined)[] = [];
  const { rerender } = renderHook(() => seen.push(useLast()?.sessionId));
  return { seen, rerender };
}

it("knows the call that has ended in the first frame after it", () => {
  const { seen, rerender } = rendered();
  keepLast(ticketOf("s1"));
  rerender();
  keepLast(ticketOf("s2"));
  rerender();
  forgetLast();
  rerender();
  expect(seen).toEqual([undefined, "s1", "s2", undefined]);
});

it("knows the call before a reload before anything is painted", () => {
  keepLast(ticketOf("s1"));
  expect(rendered().seen).toEqual(["s1"]);
});

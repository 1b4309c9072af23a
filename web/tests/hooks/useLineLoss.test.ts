import { renderHook } from "@testing-library/react";
import { RoomEvent } from "livekit-client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { BACK_GRACE_MS, useLineLoss } from "@/hooks/useLineLoss";

import { fakeLine } from "./fakes";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("tells at once of a loss, and of the way back when the bot has had time to tell", () => {
  const line = fakeLine();
  const tell = vi.fn();
  const { unmount } = renderHook(() => useLineLoss(line, tell));
  const told = () => tell.mock.calls.map(([event]) => (event as { type: string }).type);
  line.room.emit(RoomEvent.Reconnecting);
  expect(told()).toEqual(["line_lost"]);
  line.room.emit(RoomEvent.Reconnected);
  vi.advanceTimersByTime(BACK_GRACE_MS - 1);
  // Lost again: nothing is known yet.
  line.room.emit(RoomEvent.SignalReconnecting);
  vi.advanceTimersByTime(BACK_GRACE_MS);
  expect(told()).toEqual(["line_lost", "line_lost"]);
  line.room.emit(RoomEvent.Connected);
  vi.advanceTimersByTime(BACK_GRACE_MS);
  expect(told().at(-1)).toBe("line_back");
  line.room.emit(RoomEvent.Connected);
  unmount();
  vi.advanceTimersByTime(BACK_GRACE_MS);
  expect(told()).toHaveLength(3);
});

import { act, renderHook } from "@testing-library/react";
import { expect, it, vi } from "vitest";

import { useTranscript } from "@/hooks/useTranscript";
import { callClock } from "@/lib/callClock";
import { WaitEar } from "@/lib/waitEar";

import { fakeLine } from "./fakes";

import { promise } from "../promise";

const HOUR_MS = 3_600_000;

promise(
  "Page",
  "A clock that is set anew in a call turns no lines round and stretches no tool.",
  () => {
    const wall = Date.now.bind(Date);
    for (const stepMs of [-HOUR_MS, HOUR_MS]) {
      const [line, ear] = [fakeLine(), new WaitEar()];
      const { result, unmount } = renderHook(() => useTranscript(line, ear));
      const tell: (typeof result.current)[1] = (event) => act(() => result.current[1](event));
      tell({ type: "typed", id: "1", text: "What is the weather like?" });
      tell({ type: "tool_started", id: "t", name: "weather" });
      const clock = vi.spyOn(Date, "now").mockImplementation(() => wall() + stepMs);
      tell({ type: "tool_ended", id: "t", status: "done" });
      tell({ type: "typed", id: "2", text: "Thank you." });
      clock.mockRestore();
      const [{ entries }] = result.current;
      const times = entries.map(({ atMs = NaN }) => atMs);
      expect(times).toHaveLength(3);
      expect(times).toEqual([...times].sort((one, other) => one - other));
      const { atMs = NaN, endMs = NaN } = entries[1] ?? {};
      expect(endMs - atMs).toBeGreaterThanOrEqual(0);
      expect(Math.max(...times, endMs) - Math.min(...times)).toBeLessThan(1_000);
      unmount();
    }
  },
);

it("takes the reader's clock as it is for the words of a new call", () => {
  const wall = Date.now.bind(Date);
  const [line, ear] = [fakeLine(), new WaitEar()];
  const { result } = renderHook(() => useTranscript(line, ear));
  const tell: (typeof result.current)[1] = (event) => act(() => result.current[1](event));
  const clock = vi.spyOn(Date, "now").mockImplementation(() => wall() + HOUR_MS);
  callClock.set();
  tell({ type: "typed", id: "1", text: "What is the weather like?" });
  clock.mockRestore();
  callClock.set();
  tell({ type: "cleared" });
  tell({ type: "typed", id: "2", text: "Thank you." });
  const [{ entries }] = result.current;
  expect(entries).toHaveLength(1);
  expect(Math.abs((entries[0]?.atMs ?? NaN) - wall())).toBeLessThan(1_000);
});

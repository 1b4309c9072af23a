import { act, renderHook } from "@testing-library/react";
import { StrictMode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { CalmPage, useCalmWords } from "@/hooks/useCalmWords";
import type { Words } from "@/lib/calmWords";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => act(() => vi.advanceTimersByTime(ms));

function calm(words: string) {
  const view = renderHook((wanted: Words) => useCalmWords(wanted), {
    initialProps: { words } as Words,
    wrapper: StrictMode,
  });
  return {
    shown: () => view.result.current.words,
    becomes: (next: string, afterMs = 0) => view.rerender({ words: next, afterMs }),
    unmount: view.unmount,
  };
}

it("shows a short thought to nobody, and the speech after it at once", () => {
  const { shown, becomes } = calm("Listening");
  expect(shown()).toBe("Listening");
  pass(1_000);
  becomes("Thinking", 300);
  pass(232);
  expect(shown()).toBe("Listening");
  becomes("Speaking");
  expect(shown()).toBe("Speaking");
});

it("says so when a thought lasts", () => {
  const { shown, becomes } = calm("Listening");
  pass(1_000);
  becomes("Thinking", 300);
  pass(300);
  expect(shown()).toBe("Thinking");
});

it("leaves no timer behind", () => {
  const { becomes, unmount } = calm("Listening");
  becomes("Thinking", 300);
  unmount();
  expect(vi.getTimerCount()).toBe(0);
});

it("waits for nobody where no eye has to follow", () => {
  const wrapper = ({ children }: { children: React.ReactNode }) => (
    <CalmPage value={false}>{children}</CalmPage>
  );
  const wanted = { words: "Thinking", afterMs: 300 };
  const { result } = renderHook(() => useCalmWords(wanted), { wrapper });
  expect(result.current.words).toBe("Thinking");
});

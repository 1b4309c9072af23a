import { renderHook } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";

import { useMediaSession } from "@/hooks/useMediaSession";

/** A browser that knows these actions, and throws at others as browsers do. */
function playMediaSession(...known: string[]) {
  const handlers = new Map<string, (() => void) | null>();
  const setActionHandler = (action: string, handler: (() => void) | null) => {
    if (!known.includes(action)) throw new TypeError("not a valid enum value");
    handlers.set(action, handler);
  };
  const setMicrophoneActive = vi.fn(() => Promise.reject(new Error("not now")));
  const mediaSession = { setActionHandler, setMicrophoneActive };
  Object.defineProperty(navigator, "mediaSession", { value: mediaSession, configurable: true });
  return { handlers, setMicrophoneActive };
}

afterEach(() => void Reflect.deleteProperty(navigator, "mediaSession"));

const buttons = () => ({ mute: vi.fn(), end: vi.fn() });

describe("the buttons of a headset and of the lock screen", () => {
  it("mute and end the call that is on, and nothing after it", () => {
    const { handlers, setMicrophoneActive } = playMediaSession("togglemicrophone", "hangup");
    const [before, now] = [buttons(), buttons()];
    const hook = renderHook(useMediaSession, { initialProps: { isMicrophoneOn: true, ...before } });
    hook.rerender({ isMicrophoneOn: false, ...now });
    handlers.get("togglemicrophone")?.();
    handlers.get("hangup")?.();
    expect([now.mute, now.end].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    expect(before.mute).not.toHaveBeenCalled();
    expect(setMicrophoneActive.mock.calls).toEqual([[true], [false]]);
    hook.unmount();
    expect([...handlers.values()]).toEqual([null, null]);
  });

  it.each([["none"], ["one of the two"], ["no media session"]])(
    "may be there in part: %s",
    (how) => {
      if (how !== "no media session") playMediaSession(...(how === "none" ? [] : ["hangup"]));
      const given = { isMicrophoneOn: true, ...buttons() };
      expect(() => renderHook(() => useMediaSession(given)).unmount()).not.toThrow();
    },
  );
});

import { act, renderHook } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { useWakeLock } from "@/hooks/useWakeLock";

interface Lock {
  onrelease: (() => void) | null;
  release: () => Promise<void>;
}

const locks: Lock[] = [];
const release = vi.fn();
/** As a browser does it: whoever lets go of a lock, its event tells. */
const grant = async () => {
  const lock: Lock = {
    onrelease: null,
    release: async () => {
      release();
      lock.onrelease?.();
    },
  };
  locks.push(lock);
  return lock;
};
const request = vi.fn(grant);

const hold = (isActive: boolean) =>
  renderHook((props: { isActive: boolean }) => useWakeLock(props.isActive), {
    initialProps: { isActive },
  });
const settle = () => act(async () => undefined);

beforeEach(() => {
  locks.length = 0;
  release.mockClear();
  request.mockReset().mockImplementation(grant);
  Object.defineProperty(navigator, "wakeLock", { value: { request }, configurable: true });
});

describe("useWakeLock", () => {
  it("holds the screen during the call and lets it go after", async () => {
    const { rerender } = hold(false);
    expect(request).not.toHaveBeenCalled();
    rerender({ isActive: true });
    await settle();
    expect(request).toHaveBeenCalledTimes(1);
    rerender({ isActive: false });
    expect(release).toHaveBeenCalledTimes(1);
  });

  it("takes the lock again when the page is shown again", async () => {
    const { unmount } = hold(true);
    await settle();
    const visibility = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    locks[0]?.onrelease?.();
    document.dispatchEvent(new Event("visibilitychange"));
    visibility.mockReturnValue("visible");
    document.dispatchEvent(new Event("visibilitychange"));
    await settle();
    expect(request).toHaveBeenCalledTimes(2);
    unmount();
  });

  it("holds one lock, however often the page is said to be shown", async () => {
    const { unmount } = hold(true);
    for (let time = 0; time < 3; time++) document.dispatchEvent(new Event("visibilitychange"));
    await settle();
    document.dispatchEvent(new Event("visibilitychange"));
    await settle();
    expect(request).toHaveBeenCalledTimes(1);
    unmount();
    expect(release).toHaveBeenCalledTimes(1);
  });

  it("takes a lock again that the system took back, a moment later, and not after the call", async () => {
    vi.useFakeTimers();
    const { unmount } = hold(true);
    await settle();
    locks[0]?.onrelease?.();
    expect(request).toHaveBeenCalledTimes(1);
    await act(async () => vi.advanceTimersByTimeAsync(1_000));
    expect(request).toHaveBeenCalledTimes(2);
    unmount();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(request).toHaveBeenCalledTimes(2);
    vi.useRealTimers();
  });

  it("does not ask while the page is hidden, when a browser would refuse", async () => {
    const visibility = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    hold(true);
    await settle();
    expect(request).not.toHaveBeenCalled();
    visibility.mockReturnValue("visible");
    document.dispatchEvent(new Event("visibilitychange"));
    await settle();
    expect(request).toHaveBeenCalledTimes(1);
  });

  it("lets the call go on where the lock is refused", async () => {
    request.mockRejectedValue(new DOMException("", "NotAllowedError"));
    const { unmount } = hold(true);
    await settle();
    unmount();
    expect(release).not.toHaveBeenCalled();
  });

  it("releases a lock that was granted too late", async () => {
    const { unmount } = hold(true);
    unmount();
    await settle();
    expect(release).toHaveBeenCalled();
  });
});

import { act, renderHook } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { useWakeLock } from "@/hooks/useWakeLock";

const release = vi.fn(async () => undefined);
const request = vi.fn(async () => ({ release }));

const hold = (isActive: boolean) =>
  renderHook((props: { isActive: boolean }) => useWakeLock(props.isActive), {
    initialProps: { isActive },
  });
const settle = () => act(async () => undefined);

beforeEach(() => {
  release.mockClear();
  request.mockClear();
  request.mockImplementation(async () => ({ release }));
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
    hold(true);
    await settle();
    document.dispatchEvent(new Event("visibilitychange"));
    await settle();
    expect(request).toHaveBeenCalledTimes(2);
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

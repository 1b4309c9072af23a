import { useEffect } from "react";

/** Keeps the screen awake while `isActive`. Browsers drop the lock when the page is hidden. */
export function useWakeLock(isActive: boolean): void {
  useEffect(() => {
    if (!isActive || !("wakeLock" in navigator)) return;
    let lock: WakeLockSentinel | undefined;
    let isOver = false;
    const acquire = async () => {
      if (document.visibilityState !== "visible") return;
      lock = await navigator.wakeLock.request("screen");
      if (isOver) await lock.release();
    };
    // Refused on low battery; the call goes on with a screen that may sleep.
    const tryAcquire = () => void acquire().catch(() => undefined);
    tryAcquire();
    document.addEventListener("visibilitychange", tryAcquire);
    return () => {
      isOver = true;
      document.removeEventListener("visibilitychange", tryAcquire);
      void lock?.release().catch(() => undefined);
    };
  }, [isActive]);
}

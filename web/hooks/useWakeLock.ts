import { useEffect } from "react";

/** The system may let go of the screen at any moment; it is not fought over. */
const RETAKE_MS = 1_000;

/** Keeps the screen awake while `isActive`. Browsers drop the lock when the page is hidden. */
export function useWakeLock(isActive: boolean): void {
  useEffect(() => {
    if (!isActive || !("wakeLock" in navigator)) return;
    let lock: WakeLockSentinel | undefined;
    let isAsking = false;
    let isOver = false;
    let retake: ReturnType<typeof setTimeout> | undefined;
    const acquire = async () => {
      if (isOver || isAsking || lock || document.visibilityState !== "visible") return;
      isAsking = true;
      try {
        const granted = await navigator.wakeLock.request("screen");
        if (isOver) return void (await granted.release());
        lock = granted;
        granted.onrelease = () => {
          lock = undefined;
          if (!isOver) retake = setTimeout(tryAcquire, RETAKE_MS);
        };
      } finally {
        isAsking = false;
      }
    };
    // Refused on low battery; the call goes on with a screen that may sleep.
    const tryAcquire = () => void acquire().catch(() => undefined);
    tryAcquire();
    document.addEventListener("visibilitychange", tryAcquire);
    return () => {
      isOver = true;
      clearTimeout(retake);
      document.removeEventListener("visibilitychange", tryAcquire);
      void lock?.release().catch(() => undefined);
    };
  }, [isActive]);
}

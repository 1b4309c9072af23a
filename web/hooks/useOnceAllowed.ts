import { useEffect, useEffectEvent } from "react";

import { microphonePermission } from "@/lib/permission";

const GO_ON_MS = 180_000; // who is looking for the browser's settings takes a minute or two

/**
 * Goes on by itself, without another click, once the person has allowed the microphone: in the page
 * that they look at, soon after it was refused. All pages of the site are told of it, for ever.
 */
export function useOnceAllowed(isWaiting: boolean, goOn: () => void): void {
  const onAllowed = useEffectEvent(goOn);

  useEffect(() => {
    if (!isWaiting) return;
    const over = new AbortController();
    const refusedMs = performance.now();
    void microphonePermission().then((permission) => {
      const onChange = () => {
        const isMeant =
          document.visibilityState === "visible" && performance.now() - refusedMs < GO_ON_MS;
        if (permission?.state === "granted" && isMeant) onAllowed();
      };
      if (!over.signal.aborted) {
        permission?.addEventListener("change", onChange, { signal: over.signal });
      }
    });
    return () => over.abort();
  }, [isWaiting]);
}

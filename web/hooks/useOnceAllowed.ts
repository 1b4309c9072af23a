import { useEffect, useEffectEvent } from "react";

import { microphonePermission } from "@/lib/permission";

/** Goes on by itself, without another click, once the person has allowed the microphone. */
export function useOnceAllowed(isWaiting: boolean, goOn: () => void): void {
  const onAllowed = useEffectEvent(goOn);

  useEffect(() => {
    if (!isWaiting) return;
    const over = new AbortController();
    void microphonePermission().then((permission) => {
      const onChange = () => {
        if (permission?.state === "granted") onAllowed();
      };
      if (!over.signal.aborted) {
        permission?.addEventListener("change", onChange, { signal: over.signal });
      }
    });
    return () => over.abort();
  }, [isWaiting]);
}

import { useEffect } from "react";

import type { CallState } from "@/lib/call";
import { onHostClose, tellHost } from "@/lib/embedded";
import { isComposed } from "@/lib/keys";

/** For the page around ours, if there is one: it hears of the call, and closing it ends the call. */
export function useHost(phase: CallState["phase"], hangUp: () => void): void {
  const isOpen = phase === "connecting" || phase === "live";

  useEffect(() => tellHost(phase), [phase]);

  useEffect(() => (isOpen ? onHostClose(hangUp) : undefined), [isOpen, hangUp]);

  useEffect(() => {
    // What has a use for the key here has already taken it.
    const tellEscape = (event: KeyboardEvent) => {
      const isTaken = event.defaultPrevented || isComposed(event);
      if (event.key === "Escape" && !isTaken) tellHost("escape");
    };
    window.addEventListener("keydown", tellEscape);
    return () => window.removeEventListener("keydown", tellEscape);
  }, []);
}

import { useEffect, useEffectEvent } from "react";

import { commandOf, type KeyCommand } from "@/lib/keys";

/** Does what the keys of a call ask for, wherever the focus is. */
export function useCallKeys(commands: Record<KeyCommand, () => void>): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const command = commandOf(event);
    if (!command) return;
    // The browser has meanings of its own for some of them, also while one is held.
    event.preventDefault();
    if (!event.repeat) commands[command]();
  });

  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
}

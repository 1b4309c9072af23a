import { type RefObject, useEffect, useRef } from "react";

/** When a phase takes the focused button away, the keyboard goes on where the next ones are. */
export function useKeptFocus<T extends HTMLElement>(phase: string): RefObject<T | null> {
  const ref = useRef<T>(null);
  const lastPhase = useRef(phase);

  useEffect(() => {
    if (lastPhase.current === phase) return;
    lastPhase.current = phase;
    const isLost = document.activeElement === null || document.activeElement === document.body;
    if (isLost) ref.current?.focus({ preventScroll: true });
  }, [phase]);

  return ref;
}

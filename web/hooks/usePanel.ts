import { type RefObject, useEffect, useEffectEvent, useRef } from "react";

import { isComposed } from "@/lib/keys";

/** A panel that has the focus while it is open; Escape, or a press beside it, closes it. */
export function usePanel<T extends HTMLElement>(
  isOpen: boolean,
  onClose: () => void,
): RefObject<T | null> {
  const ref = useRef<T>(null);
  const close = useEffectEvent(onClose);

  useEffect(() => {
    const panel = ref.current;
    if (!isOpen || !panel) return;
    const before = document.activeElement;
    const over = new AbortController();
    const { signal } = over;
    const onPress = ({ target }: PointerEvent) => {
      // Its own button, beside it, closes it by itself.
      if (target instanceof Node && !panel.parentElement?.contains(target)) close();
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || isComposed(event)) return;
      // It has done its work.
      event.preventDefault();
      close();
    };
    window.addEventListener("pointerdown", onPress, { signal });
    panel.addEventListener("keydown", onKey, { signal });
    panel.focus();
    return () => {
      over.abort();
      const isInside = panel.contains(document.activeElement) || document.activeElement === null;
      const isLost = isInside || document.activeElement === document.body;
      if (isLost && before instanceof HTMLElement) before.focus();
    };
  }, [isOpen]);

  return ref;
}

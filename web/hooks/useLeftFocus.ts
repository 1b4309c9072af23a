import { type RefObject, useLayoutEffect, useRef } from "react";

/** Who had the focus in an element that goes keeps their place: what stands around it takes it. */
export function useLeftFocus<T extends HTMLElement>(): RefObject<T | null> {
  const ref = useRef<T>(null);

  useLayoutEffect(() => {
    const element = ref.current;
    return () => {
      if (!element?.contains(document.activeElement)) return;
      element.closest<HTMLElement>("[tabindex='-1']")?.focus({ preventScroll: true });
    };
  }, []);

  return ref;
}

import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";

/** How far above the end still counts as reading the newest line. */
const NEAR_END_PX = 80;

/** Keeps the newest line in view, unless the reader has scrolled up to an older one. */
export function useAutoScroll<T extends HTMLElement>(
  content: unknown,
  size: unknown,
): RefObject<T | null> {
  const ref = useRef<T>(null);
  const isFollowing = useRef(true);

  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const onScroll = () => {
      const rest = element.scrollHeight - element.scrollTop - element.clientHeight;
      isFollowing.current = rest < NEAR_END_PX;
    };
    // The controls below grow and shrink; what was in view stays in view.
    const resizes = new ResizeObserver(() => {
      if (isFollowing.current) element.scrollTop = element.scrollHeight;
    });
    resizes.observe(element);
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      resizes.disconnect();
      element.removeEventListener("scroll", onScroll);
    };
  }, []);

  // Before anything is painted: no scroll event sees new words that are not yet in view.
  useLayoutEffect(() => {
    const element = ref.current;
    if (element && isFollowing.current) element.scrollTop = element.scrollHeight;
  }, [content, size]);

  return ref;
}

import { type RefObject, useEffect, useState } from "react";

/** As `useAutoScroll` counts it. */
const NEAR_END_PX = 80;

/** How many lines have come below what a reader who has scrolled up sees, and the way down to them. */
export function useUnseen(scroller: RefObject<HTMLElement | null>, count: number) {
  const [seenCount, setSeenCount] = useState<number>();

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const look = () => {
      const rest = element.scrollHeight - element.scrollTop - element.clientHeight;
      setSeenCount((seen) => (rest < NEAR_END_PX ? undefined : (seen ?? count)));
    };
    element.addEventListener("scroll", look, { passive: true });
    return () => element.removeEventListener("scroll", look);
  }, [scroller, count]);

  const jump = () => {
    const element = scroller.current;
    if (!element) return;
    element.scrollTo({ top: element.scrollHeight });
    // The button goes; the keyboard goes on in the list.
    element.focus({ preventScroll: true });
  };

  return {
    isAway: seenCount !== undefined,
    unseen: Math.max(0, count - (seenCount ?? count)),
    jump,
  };
}

import { type MouseEvent, useCallback, useRef } from "react";

/** Systems count two clicks within 500 ms as one double click; a slow hand needs a little more. */
const DOUBLE_CLICK_MS = 600;
/** A finger does not fall twice on the same pixel. */
const SAME_PLACE_PX = 24;

interface Click {
  x: number;
  y: number;
  atMs: number;
  phase: string;
}

/**
 * Swallows the second half of a double click once the first has put another control in its place:
 * it was meant for the one that is gone. Given to `onClickCapture` of what holds the controls.
 */
export function useDeliberateClicks(phase: string): (event: MouseEvent) => void {
  const last = useRef<Click>(undefined);

  return useCallback(
    (event) => {
      // Made by the keyboard, which follows the focus and not the place.
      if (event.detail === 0) return;
      const { clientX: x, clientY: y, timeStamp: atMs } = event;
      const before = last.current;
      const isEcho =
        before !== undefined &&
        before.phase !== phase &&
        atMs - before.atMs < DOUBLE_CLICK_MS &&
        Math.hypot(x - before.x, y - before.y) < SAME_PLACE_PX;
      last.current = { x, y, atMs, phase: isEcho ? before.phase : phase };
      if (!isEcho) return;
      event.preventDefault();
      event.stopPropagation();
    },
    [phase],
  );
}

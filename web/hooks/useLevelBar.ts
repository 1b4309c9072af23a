import { type RefObject, useEffect, useRef } from "react";

/** Finer is not seen on so small a mark. */
const STEPS = 16;

/** Keeps `--level` of an element, 0 to 1, at what is measured. Renders nothing. */
export function useLevelBar<T extends HTMLElement>(
  read: () => number,
  isOn: boolean,
): RefObject<T | null> {
  const ref = useRef<T>(null);

  useEffect(() => {
    const element = ref.current;
    if (!element || !isOn) return;
    let shown = -1;
    const paint = () => {
      frame = requestAnimationFrame(paint);
      const level = Math.round(read() * STEPS) / STEPS;
      if (level === shown) return;
      shown = level;
      element.style.setProperty("--level", String(level));
    };
    let frame = requestAnimationFrame(paint);
    return () => {
      cancelAnimationFrame(frame);
      element.style.setProperty("--level", "0");
    };
  }, [read, isOn]);

  return ref;
}

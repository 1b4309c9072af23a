/** When the heavy part of the page is worth loading: it must not delay what one sees first. */

import { hasEarlyTap } from "@/lib/earlyTap";

/** A page that is never idle is used all the same. */
const IDLE_LIMIT_MS = 1_000;
/** For browsers that do not tell when they are idle (Safari). */
const PAINT_MS = 200;
const SIGNS = ["pointerdown", "focusin", "keydown"] as const;

/** Resolves once the browser has nothing better to do, or somebody reaches for the page. */
export function whenWanted(): Promise<void> {
  if (typeof window === "undefined" || hasEarlyTap()) return Promise.resolve();
  return new Promise((resolve) => {
    const go = () => {
      for (const sign of SIGNS) document.removeEventListener(sign, go, true);
      resolve();
    };
    for (const sign of SIGNS) document.addEventListener(sign, go, true);
    // eslint-disable-next-line no-restricted-globals -- looked for first
    if ("requestIdleCallback" in window) requestIdleCallback(go, { timeout: IDLE_LIMIT_MS });
    else setTimeout(go, PAINT_MS);
  });
}

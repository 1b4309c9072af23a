/** When the heavy parts of the page are worth loading: they must not delay what one sees first. */

import { hasEarlyTap } from "@/lib/earlyTap";

/** A page in the background is painted once somebody looks at it, and is used all the same. */
const PAINT_LIMIT_MS = 1_000;
/** A page that is never idle is used all the same. */
const IDLE_LIMIT_MS = 1_000;
/** For browsers that do not tell when they are idle (Safari). */
const IDLE_MS = 200;

/** Resolves once the page as it came can be seen. */
export function whenPainted(): Promise<void> {
  if (typeof window === "undefined" || hasEarlyTap() || isPainted()) return Promise.resolve();
  return new Promise((resolve) => {
    setTimeout(resolve, PAINT_LIMIT_MS);
    // The second frame begins when the first is there.
    requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
  });
}

const isPainted = () => performance.getEntriesByName("first-contentful-paint").length > 0;

/** Resolves once the browser has nothing better to do. */
export function whenIdle(): Promise<void> {
  return new Promise((resolve) => {
    const go = () => resolve();
    // eslint-disable-next-line no-restricted-globals -- looked for first
    if ("requestIdleCallback" in window) requestIdleCallback(go, { timeout: IDLE_LIMIT_MS });
    else setTimeout(go, IDLE_MS);
  });
}

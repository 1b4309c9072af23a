import { useEffect, useLayoutEffect, useRef } from "react";

import { makeTap, takeEarlyTap } from "@/lib/earlyTap";

/**
 * Makes the tap that came before the page was alive, once all is ready for it. The buttons hear before
 * that: from when they are there, and not only once the view is also drawn.
 */
export function useEarlyTap(): void {
  const tapped = useRef<HTMLButtonElement>(undefined);

  useLayoutEffect(() => {
    tapped.current ??= takeEarlyTap();
  }, []);

  useEffect(() => {
    const button = tapped.current;
    tapped.current = undefined;
    if (button) makeTap(button);
  }, []);
}

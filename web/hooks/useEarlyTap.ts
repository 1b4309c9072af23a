import { useEffect } from "react";

import { makeEarlyTap } from "@/lib/earlyTap";

/** Makes the tap that came before the page was alive. Stands after what it is meant for. */
export function useEarlyTap(): void {
  useEffect(makeEarlyTap, []);
}

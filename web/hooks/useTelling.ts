import { useEffect, useState } from "react";

import { type Told, Telling } from "@/lib/telling";
import type { Entry } from "@/lib/transcript";

/** What a screen reader is told last of the conversation. */
export function useTelling(entries: readonly Entry[], mayRead: boolean): readonly Told[] {
  const [told, setTold] = useState<readonly Told[]>([]);
  const [telling] = useState(() => new Telling(setTold));

  useEffect(() => telling.look(entries, mayRead), [telling, entries, mayRead]);

  return told;
}

import { useSyncExternalStore } from "react";

import { onLanguage, textsNow } from "@/lib/language";
import type { Texts } from "@/lib/texts";

/** What to say, in the language that the page speaks now. */
export function useTexts(): Texts {
  return useSyncExternalStore(onLanguage, textsNow, textsNow);
}

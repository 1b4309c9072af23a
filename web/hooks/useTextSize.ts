import { useState } from "react";

import { rememberedTextSize, rememberTextSize, type TextSize } from "@/lib/preferences";

/** How large the conversation is written, which the browser remembers. */
export function useTextSize() {
  const [size, setSize] = useState(rememberedTextSize);
  const choose = (wanted: TextSize) => {
    setSize(wanted);
    rememberTextSize(wanted);
  };
  return { size, choose };
}

import { useState } from "react";

import { rememberChoice, rememberedChoice } from "@/lib/choices";

/** A yes or no of the person, which the browser remembers. */
export function useChoice(name: "read-replies" | "times") {
  const [isOn, setOn] = useState(() => rememberedChoice(name));
  const toggle = () => {
    rememberChoice(name, !isOn);
    setOn(!isOn);
  };
  return { isOn, toggle };
}

import { useSyncExternalStore } from "react";

import { AS_BUILT, type Installation, installation } from "@/lib/installation";

const never = () => () => undefined;

/** What the page as it was built has no place for: shown once it is alive. */
export function useInstallation(): Installation {
  return useSyncExternalStore(
    never,
    () => installation,
    () => AS_BUILT,
  );
}

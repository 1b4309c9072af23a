import { useCallback, useRef, useState } from "react";

import { useOnceAllowed } from "@/hooks/useOnceAllowed";
import { type FailureCode, failureOf, isUnpermitted } from "@/lib/failure";

type Work = () => Promise<unknown>;

/** What is asked of the microphone, and why the last of it did not work. */
export function useAttempts() {
  const [trouble, setTrouble] = useState<FailureCode>();
  const [isOpening, setIsOpening] = useState(false);
  const isBusy = useRef(false);
  const last = useRef<Work>(undefined);

  const attempt = useCallback(async (work: Promise<unknown>) => {
    try {
      await work;
      setTrouble(undefined);
    } catch (error) {
      setTrouble(failureOf(error).code);
    }
  }, []);

  /** A second click does not ask the person a second time. */
  const open = useCallback(
    async (work: Work) => {
      if (isBusy.current) return;
      isBusy.current = true;
      last.current = work;
      setIsOpening(true);
      await attempt(work());
      isBusy.current = false;
      setIsOpening(false);
    },
    [attempt],
  );

  const retry = useCallback(() => {
    if (last.current) void open(last.current);
  }, [open]);
  useOnceAllowed(isUnpermitted(trouble), retry);

  const forget = useCallback(() => setTrouble(undefined), []);

  return { trouble, isOpening, attempt, open, retry, forget };
}

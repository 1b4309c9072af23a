import { useEffect, useRef, useState } from "react";

import type { CallState } from "@/lib/call";
import type { Ticket } from "@/lib/ticket";

export interface EndedCall {
  /** How long it was; unknown where this page has not seen its beginning. */
  secs: number | undefined;
  /** Undefined where nothing is kept of it. */
  ticket: Ticket | undefined;
}

/** The call that has ended in this page; undefined where the last attempt did not get so far. */
export function useEndedCall(call: CallState, last: Ticket | undefined): EndedCall | undefined {
  const live = useRef<{ beganMs: number | undefined }>(undefined);
  const isReturn = useRef(false);
  const [ended, setEnded] = useState<Pick<EndedCall, "secs">>();
  const { phase } = call;
  const step = phase === "connecting" ? call.step : undefined;

  useEffect(() => {
    if (phase === "connecting") {
      isReturn.current ||= step === "return";
      return;
    }
    if (phase === "live") {
      live.current ??= { beganMs: isReturn.current ? undefined : Date.now() };
      return;
    }
    const { current } = live;
    live.current = undefined;
    isReturn.current = false;
    const { beganMs } = current ?? {};
    const secs = beganMs === undefined ? undefined : Math.round((Date.now() - beganMs) / 1000);
    queueMicrotask(() => setEnded(current && { secs }));
  }, [phase, step]);
  return ended && { ...ended, ticket: last };
}

import { useEffect, useRef, useState } from "react";

import type { Line } from "@/hooks/line";
import { type CallState, isOpen } from "@/lib/call";
import type { CallLength } from "@/lib/callLength";
import { isThere } from "@/lib/link";
import type { Ticket } from "@/lib/ticket";

const LOOK_MS = 1_000;

export interface EndedCall {
  /** How long it was; undefined where nobody knows. */
  secs: number | undefined;
  /** Undefined where nothing is kept of it. */
  ticket: Ticket | undefined;
}

/** The call that has ended in this page; undefined where the last attempt did not get so far. */
export function useEndedCall(
  call: CallState,
  line: Line,
  last: Ticket | undefined,
): EndedCall | undefined {
  const live = useRef<CallLength>(undefined);
  const [ended, setEnded] = useState<Pick<EndedCall, "secs"> & { call: CallState }>();
  const { length } = line.voice;
  const isCounted = call.phase === "live" && isThere(call.link);

  useEffect(() => {
    if (!isCounted) return;
    length.goOn();
    const timer = setInterval(() => length.look(), LOOK_MS);
    return () => {
      clearInterval(timer);
      length.look();
    };
  }, [isCounted, length]);

  useEffect(() => {
    if (call.phase === "live") live.current = length;
  }, [call, length]);

  useEffect(() => {
    const { current } = live;
    if (isOpen(call) || !current) return;
    live.current = undefined;
    queueMicrotask(() => setEnded({ call, secs: current.secs }));
  }, [call]);

  // Whoever gives up another start is back at the end of this one.
  return ended?.call === call ? { secs: ended.secs, ticket: last } : undefined;
}

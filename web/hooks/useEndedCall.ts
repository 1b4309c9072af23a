import { useEffect, useRef, useState } from "react";

import type { Line } from "@/hooks/line";
import { type CallState, isOpen } from "@/lib/call";
import { env } from "@/lib/env";
import { isThere } from "@/lib/link";
import { CallRating } from "@/lib/rating";
import type { Ticket } from "@/lib/ticket";

const LOOK_MS = 1_000;

export interface EndedCall {
  /** How long it was; undefined where nobody knows. */
  secs: number | undefined;
  /** What its caller says of it; undefined where nothing is kept of it. */
  rating: CallRating | undefined;
}

/** The call that has ended in this page; undefined where the last attempt did not get so far. */
export function useEndedCall(
  call: CallState,
  line: Line,
  last: Ticket | undefined,
): EndedCall | undefined {
  const live = useRef<Line>(undefined);
  const [ended, setEnded] = useState<EndedCall & { call: CallState }>();
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
    if (call.phase === "live") live.current = line;
  }, [call, line]);

  useEffect(() => {
    const { current } = live;
    if (isOpen(call) || !current) return;
    live.current = undefined;
    const { secs } = current.voice.length;
    // The one that can be gone on with may be an older one.
    const isKept = last !== undefined && last.sessionId === current.held.newest?.session_id;
    const rating = isKept ? new CallRating(env.apiUrl, last) : undefined;
    queueMicrotask(() => setEnded({ call, secs, rating }));
  }, [call, last]);

  // Whoever gives up another start is back at the end of this one.
  return ended?.call === call ? { ...ended, rating: last && ended.rating } : undefined;
}

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
  /** The talk that can be gone on with is of a call before it. */
  isAfterLast: boolean;
}

/** The call that has ended in this page; undefined where the last attempt did not get so far. */
export function useEndedCall(
  call: CallState,
  line: Line,
  last: Ticket | undefined,
): EndedCall | undefined {
  const opened = useRef<{ line: Line; wasLive: boolean }>(undefined);
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
    if (!isOpen(call)) return;
    const wasLive = opened.current?.line === line && opened.current.wasLive;
    opened.current = { line, wasLive: wasLive || call.phase === "live" };
  }, [call, line]);

  useEffect(() => {
    const { current } = opened;
    if (isOpen(call) || !current) return;
    opened.current = undefined;
    const { line, wasLive } = current;
    const { secs } = line.voice.length;
    const { newest, given, isAnew } = line.held;
    const id = newest?.session_id ?? given?.sessionId;
    // The one that can be gone on with may be an older one.
    const isKept = last !== undefined && last.sessionId === id;
    const rating = wasLive && isKept ? new CallRating(env.apiUrl, last) : undefined;
    const over = { secs: wasLive ? secs : undefined, rating };
    // A start that has failed may have come to no session.
    const isAfterLast = !isKept && (id !== undefined || (isAnew && call.phase === "failed"));
    queueMicrotask(() =>
      setEnded((before) => (before?.call === call ? before : { call, ...over, isAfterLast })),
    );
  }, [call, last]);

  // Whoever gives up another start is back at the end of this one.
  return ended?.call === call ? { ...ended, rating: last && ended.rating } : undefined;
}

import { useCallback, useEffect, useReducer, useState } from "react";

import { Line } from "@/hooks/line";
import { useBot } from "@/hooks/useBot";
import { useBotWatch } from "@/hooks/useBotWatch";
import { useLossReport } from "@/hooks/useLossReport";
import { isOfOthers, useResting } from "@/hooks/useResting";
import { useReturn } from "@/hooks/useReturn";
import { useRoomEvents } from "@/hooks/useRoomEvents";
import { useStart } from "@/hooks/useStart";
import { useWaiting } from "@/hooks/useWaiting";
import { useWayBack } from "@/hooks/useWayBack";
import { type CallEvent, callReducer, INITIAL_CALL, isOpen } from "@/lib/call";
import type { NewCall, Wanted } from "@/lib/callRequest";
import { asksWho } from "@/lib/door";
import { env } from "@/lib/env";
import { keptTicket } from "@/lib/ticket";

const newLine = () => new Line(env.apiUrl);

const isOver = ({ type }: CallEvent) =>
  type === "failed" || type === "closed" || type === "taken_elsewhere";

/** Whoever has to show first who they are finds the call again after it. */
function letGo(line: Line, event: CallEvent): Promise<void> {
  const isOthers = event.type === "failed" && isOfOthers(line);
  if (event.type === "taken_elsewhere" || isOthers) return line.handOver();
  const isAsked = event.type === "failed" && asksWho(event.failure.code);
  return isAsked ? line.leaveBehind(true) : line.close();
}

/** The whole life of a call: one state, one line, and what a person can do. */
export function useCall() {
  const [state, dispatch] = useReducer(callReducer, INITIAL_CALL);
  const [line, setLine] = useState(newLine);
  const [wanted, setWanted] = useState<Wanted>({ withMicrophone: true });
  const bot = useBot(line);
  const isCalling = isOpen(state);
  const restOf = useResting(state, line);

  // A line is used once: what ends its call also makes room for the next line.
  const report = useCallback(
    (event: CallEvent) => {
      // An abandoned attempt may still be failing while the next call has begun.
      if (line.isClosed) return;
      if (event.type === "bot_ready") line.held.noteTalk();
      dispatch(event);
      if (!isOver(event)) return;
      void letGo(line, event);
      setLine(newLine);
    },
    [line],
  );
  useWaiting(state, report);
  const onLost = useWayBack(state, line, report);
  useRoomEvents(line, report, onLost);
  useBotWatch(state, bot, useLossReport(state, line, report));

  useEffect(() => {
    if (!isCalling) return;
    // What ends a call closes its line itself; this is for a page that is taken down in a call.
    return () => void line.leaveBehind();
  }, [isCalling, line]);

  const open = useStart(line, report);
  const goOn = useReturn(line, report, dispatch);

  const start = useCallback(
    async (next: Wanted) => {
      setWanted(next);
      await ("kept" in next ? goOn(next.kept, true) : open(next));
    },
    [goOn, open],
  );

  const tryAgain = useCallback(
    (change?: Pick<NewCall, "withMicrophone">) => void start({ ...wanted, ...change }),
    [start, wanted],
  );

  const takeBack = useCallback(() => {
    const kept = keptTicket();
    if (kept) void start({ kept });
    else {
      dispatch({ type: "return_begun" });
      dispatch({ type: "closed", ending: "not_found" });
    }
  }, [start]);

  const hangUp = useCallback(() => {
    const to = restOf();
    // It is over for the person at once; what is left to close is closed behind their back.
    void (to.phase === "elsewhere" ? line.handOver() : line.close());
    dispatch({ type: "left", to });
    setLine(newLine);
  }, [line, restOf]);

  return { state, line, bot, wanted, start, tryAgain, takeBack, hangUp };
}

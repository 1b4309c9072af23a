import { useCallback, useEffect, useReducer, useState } from "react";

import { type CallRequest, Line } from "@/hooks/line";
import { useBot } from "@/hooks/useBot";
import { useBotWatch } from "@/hooks/useBotWatch";
import { useRoomEvents } from "@/hooks/useRoomEvents";
import { inviteOf } from "@/lib/access";
import { type CallEvent, callReducer, INITIAL_CALL, isOpen } from "@/lib/call";
import { env } from "@/lib/env";
import { failureOf, isLinkSpent } from "@/lib/failure";
import { forgetLink, joinCodeOf } from "@/lib/joinLink";

const newLine = () => new Line(env.apiUrl);

/** The whole life of a call: one state, one line, and the two things a person can do. */
export function useCall() {
  const [state, dispatch] = useReducer(callReducer, INITIAL_CALL);
  const [line, setLine] = useState(newLine);
  const bot = useBot(line);
  const isCalling = isOpen(state);

  // A line is used once: what ends its call also makes room for the next line.
  const report = useCallback(
    (event: CallEvent) => {
      // An abandoned attempt may still be failing while the next call has begun.
      if (line.isClosed) return;
      dispatch(event);
      if (event.type !== "failed" && event.type !== "closed") return;
      void line.close();
      setLine(newLine);
    },
    [line],
  );
  useRoomEvents(line, report);
  useBotWatch(state, bot, report);

  useEffect(() => {
    if (!isCalling) return;
    const abandon = () => line.abandon();
    window.addEventListener("pagehide", abandon);
    return () => {
      window.removeEventListener("pagehide", abandon);
      void line.close();
    };
  }, [isCalling, line]);

  const start = useCallback(
    async (request: Omit<CallRequest, "joinCode" | "invite">) => {
      if (line.isUsed) return;
      report({ type: "started" });
      const { hash } = window.location;
      try {
        const link = { joinCode: joinCodeOf(hash), invite: inviteOf(hash) };
        await line.open({ ...request, ...link }, (step) => {
          if (step === "session_created") forgetLink();
          else report({ type: step });
        });
      } catch (error) {
        const failure = failureOf(error);
        if (isLinkSpent(failure.code)) forgetLink();
        report({ type: "failed", failure });
      }
    },
    [line, report],
  );

  const hangUp = useCallback(async () => {
    dispatch({ type: "hung_up" });
    await line.close();
    dispatch({ type: "closed", ending: "caller_left" });
    setLine(newLine);
  }, [line]);

  return { state, line, bot, start, hangUp };
}

import { useCallback, useEffect, useReducer, useState } from "react";

import { type CallRequest, Line } from "@/hooks/line";
import { useBot } from "@/hooks/useBot";
import { useBotWatch } from "@/hooks/useBotWatch";
import { useRoomEvents } from "@/hooks/useRoomEvents";
import { callReducer, INITIAL_CALL, isOpen } from "@/lib/call";
import { env } from "@/lib/env";
import { failureOf } from "@/lib/failure";
import { forgetJoinCode, joinCodeOf } from "@/lib/joinLink";

const newLine = () => new Line(env.apiUrl);

/** The whole life of a call: one state, one line, and the two things a person can do. */
export function useCall() {
  const [state, dispatch] = useReducer(callReducer, INITIAL_CALL);
  const [line, setLine] = useState(newLine);
  const bot = useBot(line);
  const isCalling = isOpen(state);

  useRoomEvents(line, dispatch);
  useBotWatch(state, bot, dispatch);

  // A line is used once. When a call is over, however it ended, the next one gets a new line.
  useEffect(() => {
    if (!isCalling) return;
    const abandon = () => line.abandon();
    window.addEventListener("pagehide", abandon);
    return () => {
      window.removeEventListener("pagehide", abandon);
      void line.close();
      setLine(newLine);
    };
  }, [isCalling, line]);

  const start = useCallback(
    async (request: Omit<CallRequest, "joinCode">) => {
      dispatch({ type: "started" });
      const joinCode = joinCodeOf(window.location.hash);
      try {
        await line.open({ ...request, joinCode }, (step) => {
          if (step === "session_created") forgetJoinCode();
          else dispatch({ type: step });
        });
      } catch (error) {
        const failure = failureOf(error);
        if (failure.code === "join_link_used") forgetJoinCode();
        dispatch({ type: "failed", failure });
      }
    },
    [line],
  );

  const hangUp = useCallback(async () => {
    dispatch({ type: "hung_up" });
    await line.close();
    dispatch({ type: "closed", ending: "caller_left" });
  }, [line]);

  return { state, line, bot, start, hangUp };
}

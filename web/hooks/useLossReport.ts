import { useCallback, useEffect, useRef } from "react";

import type { Line } from "@/hooks/line";
import type { CallEvent, CallState } from "@/lib/call";
import { parseEndReason } from "@/lib/conventions";

type Report = (event: CallEvent) => void;

/** Reports a bot that is given up; where the server has ended the call, by the server's reason. */
export function useLossReport(state: CallState, line: Line, report: Report): Report {
  const isMissed = useRef(false);

  useEffect(() => {
    isMissed.current = state.phase === "connecting" || (state.phase === "live" && state.isBotAway);
  }, [state]);

  return useCallback(
    (event) => {
      if (event.type !== "failed") return report(event);
      void line.held.whyEnded().then((reason) => {
        // It may have come while the server was asked.
        if (!isMissed.current) return;
        report(reason ? { type: "closed", ending: parseEndReason(reason) } : event);
      });
    },
    [line, report],
  );
}

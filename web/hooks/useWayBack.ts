import { useCallback, useEffect } from "react";

import type { Line } from "@/hooks/line";
import { type CallEvent, type CallState, isOpen } from "@/lib/call";
import { lossOf } from "@/lib/loss";

/**
 * LiveKit's client tries five times in 10 s where it is refused, and once where nobody answers
 * (`tests/hooks/signalLoss.test.ts`); what that does not mend, a new connection may.
 */
const RECONNECT_LIMIT_MS = 12_000;

/**
 * Brings a call back that has lost its connection, and lets it go as the page goes, or as another
 * tab takes it. Returns what to call once LiveKit's client has given up.
 */
export function useWayBack(state: CallState, line: Line, report: (event: CallEvent) => void) {
  const isCalling = isOpen(state);
  const isLost = state.phase === "live" && state.link === "lost";

  const onLost = useCallback(() => {
    // The search that is on goes on.
    if (line.isClosed || (line.stage !== "joined" && line.stage !== "away")) return;
    report({ type: "link_changed", link: navigator.onLine ? "lost" : "offline" });
    line.comeBack().then(
      () => report({ type: "link_changed", link: "good" }),
      (error: unknown) => report(lossOf(error)),
    );
  }, [line, report]);

  useEffect(() => {
    if (!isLost) return;
    const timer = setTimeout(onLost, RECONNECT_LIMIT_MS);
    return () => clearTimeout(timer);
  }, [isLost, onLost]);

  useEffect(() => {
    if (!isCalling) return;
    const abandon = () => line.abandon();
    // A page that the browser has kept whole is there again, but nobody has held its connection.
    const onShow = (event: PageTransitionEvent) => {
      if (event.persisted) onLost();
    };
    // One that is only looked for would be taken back by LiveKit's client, once it finds it.
    const onStorage = () => {
      if (line.voice.holder.isTaken) report({ type: "taken_elsewhere" });
    };
    window.addEventListener("pagehide", abandon);
    window.addEventListener("pageshow", onShow);
    window.addEventListener("storage", onStorage);
    return () => {
      window.removeEventListener("pagehide", abandon);
      window.removeEventListener("pageshow", onShow);
      window.removeEventListener("storage", onStorage);
    };
  }, [isCalling, line, onLost, report]);

  return onLost;
}

import { useEffect } from "react";

import type { Bot } from "@/hooks/useBot";
import type { CallEvent, CallState } from "@/lib/call";
import { isThere } from "@/lib/link";

/** LiveKit's own clients give an agent 20 s to be ready; ours does the same. */
export const BOT_READY_LIMIT_MS = 20_000;
/** A room being deleted reports the bot's leaving a moment before the room's end. */
export const BOT_GONE_GRACE_MS = 1_000;
/** Another bot takes 5 s to come; one that has to be started first, on a busy machine, far longer. */
export const BOT_RETURN_LIMIT_MS = 25_000;

const READY_STATES: ReadonlySet<Bot["state"]> = new Set(["listening", "thinking", "speaking"]);

/** Notices when the bot is ready, when it never comes, and when it is gone. */
export function useBotWatch(state: CallState, bot: Bot, report: (event: CallEvent) => void): void {
  const isLive = state.phase === "live";
  const isAway = isLive && state.isBotAway;
  const isAwaited = state.phase === "connecting" && state.step === "bot";
  const isReady = bot.isPresent && READY_STATES.has(bot.state);
  // While the connection is gone nobody can be seen.
  const isMissed = isLive && isThere(state.link) && !isReady;

  useEffect(() => {
    if ((isAwaited || isAway) && isReady) report({ type: "bot_ready" });
  }, [isAwaited, isAway, isReady, report]);

  useEffect(() => {
    if (!isAwaited) return;
    const fail = () => report({ type: "failed", failure: { code: "bot_absent" } });
    const timer = setTimeout(fail, BOT_READY_LIMIT_MS);
    return () => clearTimeout(timer);
  }, [isAwaited, report]);

  useEffect(() => {
    if (!isMissed) return;
    const miss = setTimeout(() => report({ type: "bot_away" }), BOT_GONE_GRACE_MS);
    const fail = () => report({ type: "failed", failure: { code: "bot_left" } });
    const giveUp = setTimeout(fail, BOT_RETURN_LIMIT_MS);
    return () => {
      clearTimeout(miss);
      clearTimeout(giveUp);
    };
  }, [isMissed, report]);
}

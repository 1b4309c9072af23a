import { useEffect } from "react";

import type { Bot } from "@/hooks/useBot";
import type { CallEvent, CallState } from "@/lib/call";

/** LiveKit's own clients give an agent 20 s to be ready; ours does the same. */
export const BOT_READY_LIMIT_MS = 20_000;
/** A room being deleted reports the bot's leaving a moment before the room's end. */
export const BOT_GONE_GRACE_MS = 2000;

const READY_STATES: ReadonlySet<Bot["state"]> = new Set(["listening", "thinking", "speaking"]);

/** Notices when the bot is ready, when it never comes, and when it leaves. */
export function useBotWatch(state: CallState, bot: Bot, report: (event: CallEvent) => void): void {
  const isAwaited = state.phase === "connecting" && state.step === "bot";
  const isReady = READY_STATES.has(bot.state);
  const isMissed = state.phase === "live" && !state.isReconnecting && !bot.isPresent;

  useEffect(() => {
    if (isAwaited && isReady) report({ type: "bot_ready" });
  }, [isAwaited, isReady, report]);

  useEffect(() => {
    if (!isAwaited) return;
    const fail = () => report({ type: "failed", failure: { code: "bot_absent" } });
    const timer = setTimeout(fail, BOT_READY_LIMIT_MS);
    return () => clearTimeout(timer);
  }, [isAwaited, report]);

  useEffect(() => {
    if (!isMissed) return;
    const fail = () => report({ type: "failed", failure: { code: "bot_left" } });
    const timer = setTimeout(fail, BOT_GONE_GRACE_MS);
    return () => clearTimeout(timer);
  }, [isMissed, report]);
}

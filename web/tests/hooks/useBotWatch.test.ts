import { renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Bot } from "@/hooks/useBot";
import {
  BOT_GONE_GRACE_MS,
  BOT_READY_LIMIT_MS,
  BOT_RETURN_LIMIT_MS,
  useBotWatch,
} from "@/hooks/useBotWatch";
import type { CallEvent, CallState } from "@/lib/call";

const NOBODY: Bot = { isPresent: false, state: undefined, track: undefined };
const READY: Bot = { isPresent: true, state: "listening", track: undefined };
const STARTING: Bot = { isPresent: true, state: "initializing", track: undefined };

const AWAITED: CallState = { phase: "connecting", step: "bot" };
const LIVE = { phase: "live", link: "good", isBotAway: false } as const;

const AWAY: CallState = { ...LIVE, isBotAway: true };

function watch(call: CallState, bot: Bot) {
  const dispatch = vi.fn<(event: CallEvent) => void>();
  const hook = renderHook(
    (props: { call: CallState; bot: Bot }) => useBotWatch(props.call, props.bot, dispatch),
    { initialProps: { call, bot } },
  );
  return { dispatch, ...hook };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("useBotWatch", () => {
  it("reports the bot once it is ready, not while it is starting", () => {
    const { dispatch, rerender } = watch(AWAITED, STARTING);
    expect(dispatch).not.toHaveBeenCalled();
    rerender({ call: AWAITED, bot: READY });
    expect(dispatch).toHaveBeenCalledWith({ type: "bot_ready" });
  });

  it("gives up when no bot is ready within the limit", () => {
    const { dispatch } = watch(AWAITED, NOBODY);
    vi.advanceTimersByTime(BOT_READY_LIMIT_MS - 1);
    expect(dispatch).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(dispatch).toHaveBeenCalledWith({ type: "failed", failure: { code: "bot_absent" } });
  });

  it("does not start the clock again when the bot joins but stays unready", () => {
    const { dispatch, rerender } = watch(AWAITED, NOBODY);
    vi.advanceTimersByTime(BOT_READY_LIMIT_MS - 1000);
    rerender({ call: AWAITED, bot: STARTING });
    vi.advanceTimersByTime(1000);
    expect(dispatch).toHaveBeenCalledWith({ type: "failed", failure: { code: "bot_absent" } });
  });

  it("tells of a bot that is gone after a moment, and gives it up much later", () => {
    const { dispatch, rerender } = watch(LIVE, READY);
    rerender({ call: LIVE, bot: NOBODY });
    vi.advanceTimersByTime(BOT_GONE_GRACE_MS);
    expect(dispatch.mock.calls).toEqual([[{ type: "bot_away" }]]);
    rerender({ call: AWAY, bot: NOBODY });
    vi.advanceTimersByTime(BOT_RETURN_LIMIT_MS - BOT_GONE_GRACE_MS - 1);
    expect(dispatch).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    expect(dispatch).toHaveBeenLastCalledWith({ type: "failed", failure: { code: "bot_left" } });
  });

  it("takes another bot for back only once it is ready", () => {
    const { dispatch, rerender } = watch(AWAY, NOBODY);
    rerender({ call: AWAY, bot: STARTING });
    expect(dispatch).not.toHaveBeenCalled();
    rerender({ call: AWAY, bot: READY });
    expect(dispatch).toHaveBeenCalledWith({ type: "bot_ready" });
  });

  it("forgives a bot that is back within a moment", () => {
    const { dispatch, rerender } = watch(LIVE, NOBODY);
    vi.advanceTimersByTime(BOT_GONE_GRACE_MS - 1);
    rerender({ call: LIVE, bot: READY });
    vi.advanceTimersByTime(BOT_RETURN_LIMIT_MS * 2);
    expect(dispatch).not.toHaveBeenCalled();
  });

  it.each(["lost", "offline"] as const)("misses nobody while the line is %s", (link) => {
    const { dispatch } = watch({ ...LIVE, link }, NOBODY);
    vi.advanceTimersByTime(BOT_RETURN_LIMIT_MS * 2);
    expect(dispatch).not.toHaveBeenCalled();
  });

  it("leaves no timer behind", () => {
    const { unmount } = watch(AWAITED, NOBODY);
    unmount();
    expect(vi.getTimerCount()).toBe(0);
  });
});

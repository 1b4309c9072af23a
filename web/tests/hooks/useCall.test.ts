import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { useCall } from "@/hooks/useCall";
import { INITIAL_CALL } from "@/lib/call";
import type { OnStep } from "@/lib/callRequest";
import { ApiError } from "@/lib/http";

import { fakeLine } from "./fakes";

const lines: ReturnType<typeof fakeLine>[] = [];

vi.mock("@/hooks/line", () => ({
  Line: function Line() {
    const line = fakeLine();
    lines.push(line);
    return line;
  },
}));

const REQUEST = { withMicrophone: true };

function call() {
  const hook = renderHook(() => useCall());
  const current = () => hook.result.current.line as ReturnType<typeof fakeLine>;
  return { ...hook, current };
}

beforeEach(() => {
  lines.length = 0;
  window.location.hash = "";
});
afterEach(() => vi.restoreAllMocks());

describe("useCall", () => {
  it("opens the line within the click and shows each step", async () => {
    const { result, current } = call();
    await act(async () => void result.current.start(REQUEST));
    expect(current().open).toHaveBeenCalledTimes(1);
    const onStep = current().open.mock.calls[0]?.[1] as OnStep;
    act(() => onStep({ type: "microphone_opened" }));
    expect(result.current.state).toEqual({ phase: "connecting", step: "room" });
    act(() => onStep({ type: "room_joined" }));
    expect(result.current.state).toEqual({ phase: "connecting", step: "bot" });
  });

  it("fails with the server's reason, lets the line go and takes a new one", async () => {
    const { result, current } = call();
    const first = current();
    first.open.mockRejectedValue(new ApiError("at_capacity", "", 20));
    await act(async () => result.current.start(REQUEST));
    expect(result.current.state).toEqual({
      phase: "failed",
      failure: { code: "at_capacity", retryAfterSecs: 20 },
    });
    expect(first.close).toHaveBeenCalled();
    expect(current()).not.toBe(first);
  });

  it("gives a start up: the line is closed, and nobody is told of a call that was none", async () => {
    const { result, current } = call();
    const first = current();
    await act(async () => void result.current.start(REQUEST));
    await act(async () => result.current.hangUp());
    expect(first.close).toHaveBeenCalled();
    expect(result.current.state).toEqual(INITIAL_CALL);
  });

  it("does not let an abandoned attempt fail the next call", async () => {
    const { result, current } = call();
    let refuse: (error: Error) => void = () => undefined;
    current().open.mockReturnValue(new Promise((_resolve, reject) => (refuse = reject)));
    await act(async () => void result.current.start(REQUEST));
    await act(async () => result.current.hangUp());
    const second = current();
    await act(async () => void result.current.start(REQUEST));
    await act(async () => refuse(new Error("late")));
    expect(result.current.state.phase).toBe("connecting");
    expect(current()).toBe(second);
    expect(second.close).not.toHaveBeenCalled();
  });

  it("sends the code of a join link, and forgets it once it is used", async () => {
    window.location.hash = "#join=abc";
    const { result, current } = call();
    await act(async () => void result.current.start(REQUEST));
    expect(current().open.mock.calls[0]?.[0]).toMatchObject({
      attempt: { joinCode: "abc" },
    });
    expect(window.location.hash).toBe("#join=abc");
    const onStep = current().open.mock.calls[0]?.[1] as OnStep;
    act(() => onStep({ type: "session_created" }));
    expect(window.location.hash).toBe("");
  });

  it("forgets a used join link, so that the next click starts a new conversation", async () => {
    window.location.hash = "#join=abc";
    const { result, current } = call();
    current().open.mockRejectedValue(new ApiError("join_link_used", ""));
    await act(async () => result.current.start(REQUEST));
    expect(window.location.hash).toBe("");
    expect(result.current.state).toMatchObject({ failure: { code: "join_link_used" } });
  });

  it("ends the session when the page goes away, but only during a call", async () => {
    const { result, current } = call();
    window.dispatchEvent(new Event("pagehide"));
    expect(current().abandon).not.toHaveBeenCalled();
    await act(async () => void result.current.start(REQUEST));
    window.dispatchEvent(new Event("pagehide"));
    expect(current().abandon).toHaveBeenCalledTimes(1);
  });

  it("leaves the line behind when the page is taken down during a call", async () => {
    const { result, current, unmount } = call();
    const line = current();
    await act(async () => void result.current.start(REQUEST));
    unmount();
    expect(line.leaveBehind).toHaveBeenCalled();
    expect(line.close).not.toHaveBeenCalled();
  });
});

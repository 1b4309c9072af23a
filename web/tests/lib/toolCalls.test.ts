import { describe, expect, it } from "vitest";

import {
  answerOf,
  isTold,
  leftBehind,
  startsAt,
  type ToolCall,
  type ToolEvent,
  toolReducer,
} from "@/lib/toolCalls";

const play = (...events: ToolEvent[]) =>
  events.reduce<ToolCall | undefined>(toolReducer, undefined);

const id = "call_1";
const started: ToolEvent = { type: "tool_started", id, name: "book_appointment" };
const asked: ToolEvent = { type: "tool_asked", id, question: "Shall I?" };
const ended = (status: "done" | "failed" | "cancelled"): ToolEvent => ({
  type: "tool_ended",
  id,
  status,
});

const over = (result: string): ToolEvent => {
  return { type: "tool_ended", id, status: "cancelled", result };
};

describe("tool calls", () => {
  it("run from the start, with their progress", () => {
    const running = play(started, { type: "tool_progressed", id, text: "half way" });
    expect(running).toMatchObject({ status: "running", progress: "half way" });
  });

  it("ask, run after the yes, and end", () => {
    expect(play(started, asked)).toMatchObject({ status: "confirming", question: "Shall I?" });
    expect(play(started, asked, { type: "tool_confirmed", id })?.status).toBe("running");
    expect(play(started, asked, { type: "tool_confirmed", id }, ended("done"))?.status).toBe(
      "done",
    );
  });

  it("end without having run after a no", () => {
    expect(play(started, asked, ended("cancelled"))?.status).toBe("cancelled");
  });

  it("do not come back after their end", () => {
    expect(play(started, ended("failed"), asked, started)?.status).toBe("failed");
  });

  it("are not shown before it is known what they are", () => {
    const call = play(ended("done"));
    expect(call && isTold(call)).toBe(false);
    expect(play(ended("done"), started)).toMatchObject({ status: "done" });
  });

  it("keep the newest progress, however late an older one is read", () => {
    const progress = (number: number): ToolEvent => {
      return { type: "tool_progressed", id, text: `${number}`, number };
    };
    expect(play(started, progress(2), progress(1))?.progress).toBe("2");
  });

  it.each<[string, ToolEvent[], string | undefined]>([
    ["was never asked", [started, ended("done")], undefined],
    ["waits", [started, asked], undefined],
    ["runs after the yes", [started, asked, { type: "tool_confirmed", id }], "yes"],
    ["has run", [started, asked, ended("failed")], "yes"],
    ["was declined", [started, asked, over('{"status":"declined"}')], "no"],
    ["was never answered", [started, asked, over('{"status":"not_confirmed"}')], undefined],
    ["tells nothing of it", [started, asked, over("")], undefined],
    ["tells what is no JSON", [started, asked, over("{")], undefined],
  ])("know the caller's answer: one that %s", (_name, events, answer) => {
    const call = play(...events);
    expect(call && answerOf(call)).toBe(answer);
  });

  it("tell when what was booked begins", () => {
    const result = JSON.stringify({ status: "ok", data: { starts_at: "2026-10-08T10:00" } });
    const call = play(started, { type: "tool_ended", id, status: "done", result });
    expect(call && startsAt(call)).toEqual(new Date(2026, 9, 8, 10));
    for (const data of [{}, { starts_at: "soon" }, { starts_at: 7 }, "text", null]) {
      const other = play(started, over(JSON.stringify({ data })));
      expect(other && startsAt(other)).toBeUndefined();
    }
  });

  it("are left as unfinished by the end of the call, unless they have ended", () => {
    const call = (...events: ToolEvent[]) => leftBehind(toolReducer(play(...events), started));
    expect(call(started).status).toBe("unfinished");
    expect(call(started, asked).status).toBe("unfinished");
    expect(call(started, ended("done")).status).toBe("done");
    // In another tab it went on, and this one has taken the call back.
    expect(toolReducer(call(started), ended("done")).status).toBe("done");
  });
});

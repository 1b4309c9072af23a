import { describe, expect, it } from "vitest";

import { type ToolCall, type ToolEvent, toolReducer } from "@/lib/toolCalls";

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

  it("are not made up from the middle", () => {
    expect(play(asked, ended("done"))).toBeUndefined();
  });
});

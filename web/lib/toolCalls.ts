/** The bot's tool calls as lines of the conversation, one per call. */

export type ToolStatus = "running" | "confirming" | "done" | "failed" | "cancelled";

export interface ToolCall {
  id: string;
  name: string;
  status: ToolStatus;
  /** What the caller is asked before it runs; empty if nothing. */
  question: string;
  /** How far it is, in the tool's own words. */
  progress: string;
}

export type ToolEvent =
  | { type: "tool_started"; id: string; name: string }
  | { type: "tool_asked"; id: string; question: string }
  | { type: "tool_confirmed"; id: string }
  | { type: "tool_progressed"; id: string; text: string }
  | { type: "tool_ended"; id: string; status: "done" | "failed" | "cancelled" };

/** What the event leaves of a call, or undefined if it tells of no call we know. */
export function toolReducer(call: ToolCall | undefined, event: ToolEvent): ToolCall | undefined {
  if (event.type === "tool_started") {
    const { id, name } = event;
    return call ?? { id, name, status: "running", question: "", progress: "" };
  }
  if (!call || hasEnded(call)) return call;
  switch (event.type) {
    case "tool_asked":
      return { ...call, status: "confirming", question: event.question };
    case "tool_confirmed":
      return { ...call, status: "running" };
    case "tool_progressed":
      return { ...call, progress: event.text };
    case "tool_ended":
      return { ...call, status: event.status };
  }
}

function hasEnded({ status }: ToolCall): boolean {
  return status !== "running" && status !== "confirming";
}

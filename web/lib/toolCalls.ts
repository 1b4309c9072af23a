/** The bot's tool calls: facts as they come, in any order, and what they amount to. */

import { isRecord } from "@/lib/http";

type ToolEnd = "done" | "failed" | "cancelled";
export type ToolStatus = "running" | "confirming" | ToolEnd | "unfinished";

export interface ToolCall {
  id: string;
  /** Empty until it is known: before that there is nothing to show. */
  name: string;
  /** What people read for its name, where the server says so. */
  title?: string;
  status: ToolStatus;
  /** What the caller is asked before it runs; empty if nothing. */
  question: string;
  /** The caller said yes, and it runs. */
  isConfirmed?: boolean;
  /** How far it is, in the tool's own words. */
  progress: string;
  /** Progress is numbered: what is read late is older. */
  progressNumber?: number;
  /** What the tool's end tells, as JSON. */
  result?: string;
}

export type ToolEvent =
  | { type: "tool_started"; id: string; name: string; title?: string }
  | { type: "tool_asked"; id: string; question: string }
  | { type: "tool_confirmed"; id: string }
  | { type: "tool_progressed"; id: string; text: string; number?: number }
  | { type: "tool_ended"; id: string; status: ToolEnd; result?: string };

/** What the event leaves of a call. Events may come in any order: each adds a fact, none undoes one. */
export function toolReducer(call: ToolCall | undefined, event: ToolEvent): ToolCall {
  const known = call ?? { id: event.id, name: "", status: "running", question: "", progress: "" };
  switch (event.type) {
    case "tool_started":
      if (known.name !== "") return known;
      return { ...known, name: event.name, ...(event.title && { title: event.title }) };
    case "tool_asked":
      return standing({ ...known, question: event.question });
    case "tool_confirmed":
      return standing({ ...known, isConfirmed: true });
    case "tool_progressed": {
      const { text, number = (known.progressNumber ?? 0) + 1 } = event;
      const isOlder = number < (known.progressNumber ?? 0);
      return isOlder ? known : { ...known, progress: text, progressNumber: number };
    }
    case "tool_ended":
      return ended(known, event);
  }
}

/** The call is over: what has not ended by now is not seen to its end here. */
export function leftBehind(call: ToolCall): ToolCall {
  return hasEnded(call) ? call : { ...call, status: "unfinished" };
}

/** What the caller answered, as far as it is known. */
export function answerOf(call: ToolCall): "yes" | "no" | undefined {
  if (call.question === "") return undefined;
  const hasRun = call.status === "done" || call.status === "failed";
  if (call.isConfirmed || hasRun) return "yes";
  return resultOf(call).status === "declined" ? "no" : undefined;
}

/** When what was booked begins, local time as the tool tells it; undefined for any other result. */
export function startsAt(call: ToolCall): Date | undefined {
  const { data } = resultOf(call);
  const told = isRecord(data) ? data.starts_at : undefined;
  const date = new Date(typeof told === "string" ? told : NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function resultOf({ result = "" }: ToolCall): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(result);
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
  return isRecord(value) ? value : {};
}

/** Its end is the end of the call, which says so itself. */
const UNTOLD_TOOLS: ReadonlySet<string> = new Set(["end_call"]);

/** Whether there is a line to tell of it; while it asks, the question is all there is. */
export function isTold({ name, status }: ToolCall): boolean {
  return name !== "" && status !== "confirming" && !UNTOLD_TOOLS.has(name);
}

function standing(call: ToolCall): ToolCall {
  if (hasEnded(call)) return call;
  const isAsking = call.question !== "" && !call.isConfirmed;
  return { ...call, status: isAsking ? "confirming" : "running" };
}

function ended(call: ToolCall, event: Extract<ToolEvent, { type: "tool_ended" }>): ToolCall {
  if (hasEnded(call) && call.status !== "unfinished") return call;
  const { status, result } = event;
  return { ...call, status, ...(result === undefined ? {} : { result }) };
}

export function hasEnded({ status }: ToolCall): boolean {
  return status !== "running" && status !== "confirming";
}

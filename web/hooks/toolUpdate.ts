/** What LiveKit's session protocol tells of one tool call. */

import { AgentSession } from "@livekit/protocol";

import { isRecord } from "@/lib/http";
import type { ToolEvent } from "@/lib/toolCalls";

/**
 * The protocol has no message for a question to the caller, so the bot sends an update of the call
 * and says by the end of its id what it means (`processors/agent_protocol/tool_updates.py`).
 */
const CONFIRM_SUFFIX = "_confirm";
const CONFIRMED_SUFFIX = "_confirmed";

const STRING = 9;
/** What the protocol lets a server say more of a call, and `@livekit/protocol` does not know yet. */
const Extra = AgentSession.FunctionCall.runtime.makeMessageType("livekit.agent.FunctionCall", [
  { no: 6, name: "extra", kind: "map", K: STRING, V: { kind: "scalar", T: STRING } },
]);

/** What people read for the tool's name, where the server says so. */
function titleOf(call: AgentSession.FunctionCall): string {
  const said = Extra.fromBinary(call.toBinary()).toJson();
  const extra = isRecord(said) ? said.extra : undefined;
  return isRecord(extra) && typeof extra.title === "string" ? extra.title : "";
}

type Update = AgentSession.AgentSessionEvent_ToolExecutionUpdated["update"];

/** The event an update tells, or undefined if there is none. */
export function toolEventOf(update: Update): ToolEvent | undefined {
  switch (update.case) {
    case "started": {
      const call = update.value.functionCall;
      if (!call) return undefined;
      const title = titleOf(call);
      return { type: "tool_started", id: call.callId, name: call.name, ...(title && { title }) };
    }
    case "callUpdated":
      return updateOf(update.value);
    case "ended": {
      const { callId: id, status, message: result } = update.value;
      return { type: "tool_ended", id, status: endOf(status), result };
    }
    default:
      return undefined;
  }
}

function updateOf(update: { id: string; callId: string; message: string }): ToolEvent {
  const id = update.callId;
  if (update.id === id + CONFIRM_SUFFIX) {
    return { type: "tool_asked", id, question: update.message };
  }
  if (update.id === id + CONFIRMED_SUFFIX) return { type: "tool_confirmed", id };
  const number = Number(/_update_(\d+)$/.exec(update.id)?.[1] ?? NaN);
  const text = update.message;
  return Number.isNaN(number)
    ? { type: "tool_progressed", id, text }
    : { type: "tool_progressed", id, text, number };
}

function endOf(status: AgentSession.ToolCallStatus) {
  switch (status) {
    case AgentSession.ToolCallStatus.TC_DONE:
      return "done";
    case AgentSession.ToolCallStatus.TC_CANCELLED:
      return "cancelled";
    default:
      return "failed";
  }
}

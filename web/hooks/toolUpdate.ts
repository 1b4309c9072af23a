/** Reads LiveKit's session protocol: what the bot tells of its tool calls. */

import { AgentSession } from "@livekit/protocol";

import type { ToolEvent } from "@/lib/toolCalls";

/**
 * The protocol has no message for a question to the caller, so the bot sends an update of the call
 * and says by the end of its id what it means (`processors/agent_protocol/tool_updates.py`).
 */
const CONFIRM_SUFFIX = "_confirm";
const CONFIRMED_SUFFIX = "_confirmed";

/** The event a message tells, or undefined if it is of another kind or cannot be read. */
export function toolEventOf(data: Uint8Array): ToolEvent | undefined {
  const message = parse(data);
  if (message?.case !== "event" || message.value.event.case !== "toolExecutionUpdated") {
    return undefined;
  }
  const update = message.value.event.value.update;
  switch (update.case) {
    case "started": {
      const call = update.value.functionCall;
      return call && { type: "tool_started", id: call.callId, name: call.name };
    }
    case "callUpdated":
      return updateOf(update.value);
    case "ended":
      return { type: "tool_ended", id: update.value.callId, status: endOf(update.value.status) };
    default:
      return undefined;
  }
}

function parse(data: Uint8Array) {
  try {
    return AgentSession.AgentSessionMessage.fromBinary(data).message;
  } catch {
    // The protobuf library throws plain errors for bytes that are none.
    return undefined;
  }
}

function updateOf(update: { id: string; callId: string; message: string }): ToolEvent {
  const id = update.callId;
  if (update.id === id + CONFIRM_SUFFIX) {
    return { type: "tool_asked", id, question: update.message };
  }
  if (update.id === id + CONFIRMED_SUFFIX) return { type: "tool_confirmed", id };
  return { type: "tool_progressed", id, text: update.message };
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

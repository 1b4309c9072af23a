/** Reads LiveKit's session protocol: what the bot tells of the conversation and of its tools. */

import { AgentSession, type Timestamp } from "@livekit/protocol";

import { toolEventOf } from "@/hooks/toolUpdate";
import type { Figures, SessionEvent } from "@/lib/sessionEvents";

type Told = AgentSession.AgentSessionEvent["event"];

/** The events a message tells; none if it is of another kind or cannot be read. */
export function sessionEventsOf(data: Uint8Array): SessionEvent[] {
  const message = parse(data);
  if (message?.case !== "event") return [];
  const { event, createdAt } = message.value;
  const told = eventOf(event);
  return told ? [{ ...told, botMs: msOf(createdAt) }] : [];
}

function parse(data: Uint8Array) {
  try {
    return AgentSession.AgentSessionMessage.fromBinary(data).message;
  } catch {
    // The protobuf library throws plain errors for bytes that are none.
    return undefined;
  }
}

const msOf = (stamp: Timestamp | undefined) => stamp?.toDate().getTime();

function eventOf(event: Told): SessionEvent | undefined {
  switch (event.case) {
    case "toolExecutionUpdated":
      return toolEventOf(event.value.update);
    case "agentStateChanged":
      return { type: "bot_state" };
    case "overlappingSpeech":
      return { type: "overlap", isInterruption: event.value.isInterruption };
    case "agentFalseInterruption":
      return { type: "false_interruption" };
    case "conversationItemAdded":
      return turnOf(event.value.item?.item);
    default:
      return undefined;
  }
}

function turnOf(
  item: AgentSession.ChatContext_ChatItem["item"] | undefined,
): SessionEvent | undefined {
  if (item?.case !== "message") return undefined;
  const { role, content, metrics } = item.value;
  const text = content
    .map(({ payload }) => (payload.case === "text" ? payload.value : ""))
    .join(" ");
  const isBot = role === AgentSession.ChatRole.ASSISTANT;
  if (!isBot && role !== AgentSession.ChatRole.USER) return undefined;
  return { type: "turn_added", side: isBot ? "bot" : "caller", text, figures: figuresOf(metrics) };
}

function figuresOf(metrics: AgentSession.MetricsReport | undefined): Figures {
  if (!metrics) return {};
  return {
    startedMs: msOf(metrics.startedSpeakingAt),
    stoppedMs: msOf(metrics.stoppedSpeakingAt),
    endOfTurnSecs: metrics.endOfTurnDelay,
    modelSecs: metrics.llmNodeTtft,
    voiceSecs: metrics.ttsNodeTtfb,
    heardSecs: metrics.e2eLatency,
  };
}

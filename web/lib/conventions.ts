/** Names on the wire: LiveKit's own agent conventions, and the few of ours. */

export const AGENT_STATE_ATTRIBUTE = "lk.agent.state";
/** Present on an avatar worker, which is not the bot itself. */
export const PUBLISH_ON_BEHALF_ATTRIBUTE = "lk.publish_on_behalf";

export const TRANSCRIPTION_TOPIC = "lk.transcription";
export const SEGMENT_ID_ATTRIBUTE = "lk.segment_id";
export const FINAL_ATTRIBUTE = "lk.transcription_final";

export const CHAT_TOPIC = "lk.chat";
/** What the text box accepts; the bot has its own bound. */
export const CHAT_MAX_CHARS = 2000;

/** LiveKit's session protocol, one protobuf message per byte stream. */
export const SESSION_TOPIC = "lk.agent.session";

/** RPC method of the bot that takes the caller's answer to a tool's question. */
export const ANSWER_TOOL_METHOD = "parley.answer_tool";

/** The bot's error code for a question that is not being asked any more. */
export const ANSWERED_ALREADY = 404;

export function answerPayload(callId: string, isYes: boolean): string {
  return JSON.stringify({ call_id: callId, is_yes: isYes });
}

/** Which bot it is: whoever takes a call over has the identity of the one before. */
export const JOB_ATTRIBUTE = "parley.job";

/** Set on the bot just before it deletes the room. */
export const END_REASON_ATTRIBUTE = "parley.end_reason";
/** Which part of the bot is not well; empty or absent when all is. */
export const TROUBLE_ATTRIBUTE = "parley.trouble";

export type Trouble = "voice" | "hearing" | "thinking";

const TROUBLES: readonly string[] = ["voice", "hearing", "thinking"];

/** The part that is not well, or undefined if none that this page knows is. */
export function parseTrouble(value: string | undefined): Trouble | undefined {
  return value !== undefined && TROUBLES.includes(value) ? (value as Trouble) : undefined;
}

/** Set to "true" in the trailer of a caption stream whose reply was cut. */
export const INTERRUPTED_ATTRIBUTE = "parley.interrupted";

export type BotState = "initializing" | "idle" | "listening" | "thinking" | "speaking";

const BOT_STATES: readonly string[] = ["initializing", "idle", "listening", "thinking", "speaking"];

/** The bot's state, or undefined for a value no version of the convention knows. */
export function parseBotState(value: string | undefined): BotState | undefined {
  return value !== undefined && BOT_STATES.includes(value) ? (value as BotState) : undefined;
}

export const END_REASONS = [
  "caller_left",
  "goodbye",
  "idle",
  "time_limit",
  "drained",
  "session_budget",
  "daily_budget",
  "provider_failed",
  "error",
  "never_joined",
] as const;

export type EndReason = (typeof END_REASONS)[number];

/** The reason the bot gave, or "ended" when it gave none we know. */
export function parseEndReason(value: string | undefined): EndReason | "ended" {
  return END_REASONS.find((reason) => reason === value) ?? "ended";
}

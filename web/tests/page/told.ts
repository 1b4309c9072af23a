import { AgentSession } from "@livekit/protocol";
import { act } from "@testing-library/react";

import type { call } from "./visit";

type Page = Awaited<ReturnType<typeof call>>;
type Update = NonNullable<
  ConstructorParameters<typeof AgentSession.AgentSessionEvent_ToolExecutionUpdated>[0]
>["update"];

const QUESTION = "Shall I book it?";

/** One utterance of either side, as its stream brings it. */
export const hear = (
  page: Page,
  side: "bot" | "caller",
  id: string,
  chunks: string[],
  more = {},
  breaksOff = false,
) =>
  act(async () => {
    const { identity } = page.room().localParticipant;
    const attributes = { "lk.segment_id": id, "lk.transcription_final": "true", ...more };
    page.room().hears(side === "bot" ? "bot" : identity, chunks, attributes, breaksOff);
  });

/** What the bot tells of one of its tools. */
export function tell(page: Page, update: Update) {
  const value = { event: { case: "toolExecutionUpdated" as const, value: { update } } };
  const message = new AgentSession.AgentSessionMessage({ message: { case: "event", value } });
  return act(async () => page.room().isTold(message.toBinary()));
}

export const begin = (page: Page, name: string, callId = "call_1") =>
  tell(page, { case: "started", value: { functionCall: { callId, name } } });

export async function ask(page: Page, callId = "call_1") {
  await begin(page, "book_appointment", callId);
  const id = `${callId}_confirm`;
  await tell(page, { case: "callUpdated", value: { id, callId, message: QUESTION } });
}

export const end = (
  page: Page,
  status: AgentSession.ToolCallStatus,
  message = "",
  callId = "call_1",
) => tell(page, { case: "ended", value: { id: callId, callId, status, message } });

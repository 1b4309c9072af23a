import { AgentSession } from "@livekit/protocol";
import { act } from "@testing-library/react";

import type { Sending } from "./offlineRoom";
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
  until?: Promise<void>,
) =>
  act(async () => {
    const { identity } = page.room().localParticipant;
    const attributes = { "lk.segment_id": id, "lk.transcription_final": "true", ...more };
    page.room().hears(side === "bot" ? "bot" : identity, chunks, attributes, breaksOff, until);
  });

/** What the bot tells of the talk. */
export function tellEvent(
  page: Page,
  event: AgentSession.AgentSessionEvent["event"],
  sending: Sending = {},
) {
  const value = new AgentSession.AgentSessionEvent({ event });
  const message = new AgentSession.AgentSessionMessage({ message: { case: "event", value } });
  return act(async () => page.room().isTold(message.toBinary(), sending));
}

/** What the bot tells of one of its tools. */
export function tell(page: Page, update: Update, sending: Sending = {}) {
  const value = new AgentSession.AgentSessionEvent_ToolExecutionUpdated({ update });
  return tellEvent(page, { case: "toolExecutionUpdated", value }, sending);
}

export const begin = (page: Page, name: string, callId = "call_1", sending: Sending = {}) =>
  tell(page, { case: "started", value: { functionCall: { callId, name } } }, sending);

export async function ask(page: Page, callId = "call_1", sending: Sending = {}) {
  await begin(page, "book_appointment", callId, sending);
  const id = `${callId}_confirm`;
  await tell(page, { case: "callUpdated", value: { id, callId, message: QUESTION } }, sending);
}

export const end = (
  page: Page,
  status: AgentSession.ToolCallStatus,
  message = "",
  callId = "call_1",
  sending: Sending = {},
) => tell(page, { case: "ended", value: { id: callId, callId, status, message } }, sending);

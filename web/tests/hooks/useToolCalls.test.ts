import { AgentSession } from "@livekit/protocol";
import { act, renderHook, waitFor } from "@testing-library/react";
import type { ByteStreamHandler } from "livekit-client";
import { describe, expect, it, vi } from "vitest";

import { useTranscript } from "@/hooks/useTranscript";

import { fakeBot, fakeLine } from "./fakes";

const { AgentSessionMessage, ToolCallStatus } = AgentSession;
type Update = NonNullable<
  ConstructorParameters<typeof AgentSession.AgentSessionEvent_ToolExecutionUpdated>[0]
>["update"];

function message(update: Update): Uint8Array {
  const event = { event: { case: "toolExecutionUpdated" as const, value: { update } } };
  return new AgentSessionMessage({ message: { case: "event", value: event } }).toBinary();
}

const callId = "call_1";
const started = message({
  case: "started",
  value: { functionCall: { callId, name: "book_appointment" } },
});
const update = (id: string, text: string) =>
  message({ case: "callUpdated", value: { id, callId, message: text } });
const ended = (status: AgentSession.ToolCallStatus) =>
  message({ case: "ended", value: { id: callId, callId, status } });

function listen() {
  const line = fakeLine();
  let handler: ByteStreamHandler | undefined;
  vi.spyOn(line.room, "registerByteStreamHandler").mockImplementation((_topic, callback) => {
    handler = callback;
  });
  line.room.remoteParticipants.set("bot", fakeBot({}) as never);
  const hook = renderHook(() => useTranscript(line));
  const receive = (data: Uint8Array, identity = "bot", delayMs = 0) =>
    act(async () => {
      const readAll = async () => {
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        return [data];
      };
      handler?.({ readAll } as never, { identity });
    });
  const call = () => hook.result.current[0].tools[0]?.call;
  return { receive, call };
}

describe("useToolCalls", () => {
  it("follows a call from its question to its end", async () => {
    const { receive, call } = listen();
    await receive(started);
    await receive(update(`${callId}_confirm`, "Shall I?"));
    await waitFor(() =>
      expect(call()).toMatchObject({ status: "confirming", question: "Shall I?" }),
    );
    await receive(update(`${callId}_confirmed`, "confirmed"));
    await receive(update(`${callId}_update_1`, "half way"));
    await waitFor(() => expect(call()).toMatchObject({ status: "running", progress: "half way" }));
    await receive(ended(ToolCallStatus.TC_DONE));
    await waitFor(() => expect(call()?.status).toBe("done"));
  });

  it.each([
    [ToolCallStatus.TC_ERROR, "failed"],
    [ToolCallStatus.TC_CANCELLED, "cancelled"],
  ])("tells how it ended: %s is %s", async (status, expected) => {
    const { receive, call } = listen();
    await receive(started);
    await receive(ended(status));
    await waitFor(() => expect(call()?.status).toBe(expected));
  });

  it("keeps the order of the messages, however long one takes to read", async () => {
    const { receive, call } = listen();
    await receive(started, "bot", 30);
    await receive(update(`${callId}_confirm`, "Shall I?"));
    await waitFor(() => expect(call()?.status).toBe("confirming"));
  });

  it("believes nobody but the bot, and survives what it cannot read", async () => {
    const { receive, call } = listen();
    await receive(started, "somebody");
    await receive(new Uint8Array([255, 255, 255]));
    await receive(new AgentSessionMessage().toBinary());
    await receive(started);
    await waitFor(() => expect(call()?.status).toBe("running"));
  });
});

import { AgentSession } from "@livekit/protocol";
import { act, renderHook, waitFor } from "@testing-library/react";
import { type ByteStreamHandler, ParticipantKind } from "livekit-client";
import { afterEach, describe, expect, it, vi } from "vitest";

import { OVERTAKEN_MS } from "@/hooks/useSessionChannel";
import { useTranscript } from "@/hooks/useTranscript";
import { WaitEar } from "@/lib/waitEar";

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

const ear = new WaitEar();

function listen() {
  const line = fakeLine();
  let handler: ByteStreamHandler | undefined;
  vi.spyOn(line.room, "registerByteStreamHandler").mockImplementation((_topic, callback) => {
    handler = callback;
  });
  line.room.remoteParticipants.set("bot", fakeBot({}) as never);
  const guest = { kind: ParticipantKind.STANDARD, attributes: {} };
  line.room.remoteParticipants.set("somebody", guest as never);
  const hook = renderHook(() => useTranscript(line, ear));
  const receiveStream = (chunks: () => AsyncGenerator<Uint8Array>, identity = "bot") =>
    act(async () => {
      const reader = Object.assign(chunks(), { info: { attributes: {} } });
      handler?.(reader as never, { identity });
    });
  const receive = (data: Uint8Array, identity = "bot", wait = Promise.resolve()) =>
    receiveStream(async function* () {
      await wait;
      yield data.slice(0, 3);
      yield data.slice(3);
    }, identity);
  const call = () => hook.result.current[0].calls[0];
  const isInterrupting = () => hook.result.current[2];
  return { receive, receiveStream, call, isInterrupting };
}

afterEach(() => void vi.useRealTimers());

const tell = (event: AgentSession.AgentSessionEvent["event"]) =>
  new AgentSessionMessage({ message: { case: "event", value: { event } } }).toBinary();

/** As the bot sends it (processors/agent_protocol/session_items.py): one call with a title. */
const TITLED =
  "Gk2yAUoKSApGEgZjYWxsXzEiCWZhcl9fbG9vazIKCgVvdGhlchIBeDIlCgV0aXRsZRIcTmFjaHNjaGxhZ2VuIMK3IOKAnmzDpHVmdOKAnA==";

describe("useSessionChannel", () => {
  it("takes the title of a tool from where the protocol has room for it", async () => {
    const { receive, call } = listen();
    await receive(Uint8Array.from(atob(TITLED), (char) => char.charCodeAt(0)));
    await waitFor(() => expect(call()?.name).toBe("far__look"));
    expect(call()?.title).toBe("Nachschlagen · „läuft“");
  });

  it("has none for a tool without one", async () => {
    const { receive, call } = listen();
    await receive(started);
    await waitFor(() => expect(call()?.name).toBe("book_appointment"));
    expect(call()).not.toHaveProperty("title");
  });

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
    let go: () => void = () => undefined;
    await receive(started, "bot", new Promise((resolve) => (go = resolve)));
    await receive(update(`${callId}_update_2`, "later"));
    await receive(update("other", "of no number"));
    await act(async () => go());
    await waitFor(() => expect(call()).toMatchObject({ name: "book_appointment" }));
    await waitFor(() => expect(call()).toMatchObject({ progress: "of no number" }));
  });

  const never = async function* (): AsyncGenerator<Uint8Array> {
    yield started;
    await new Promise(() => undefined);
  };
  const huge = async function* () {
    for (let chunk = 0; chunk < 100; chunk++) yield new Uint8Array(100_000);
  };
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield started;
    throw new Error("the stream broke off");
  };

  it.each([
    ["never ends", never, 1],
    ["is one of many that never end", never, 300],
    ["is huge", huge, 1],
    ["breaks off", broken, 20],
  ])("is held up by no message that %s", async (_how, chunks, count) => {
    vi.useFakeTimers();
    const { receive, receiveStream, call } = listen();
    for (let stream = 0; stream < count; stream++) await receiveStream(chunks);
    await receive(started);
    await receive(update(`${callId}_confirm`, "Shall I?"));
    await act(async () => vi.advanceTimersByTimeAsync(OVERTAKEN_MS + 1));
    expect(call()?.status).toBe("confirming");
  });

  it("believes nobody but the bot, and survives what it cannot read", async () => {
    const { receive, call } = listen();
    await receive(started, "somebody");
    await receive(new Uint8Array([255, 255, 255]));
    await receive(new AgentSessionMessage().toBinary());
    await receive(started);
    await waitFor(() => expect(call()?.status).toBe("running"));
  });

  it("offers to others what happens besides the words", async () => {
    const { receive, isInterrupting } = listen();
    const event = AgentSession.AgentSessionEvent;
    const make = (value: ConstructorParameters<typeof event>[0]) => new event(value).event;
    const overlapping = make({
      event: { case: "overlappingSpeech", value: { isInterruption: true } },
    });
    for (const over of [
      make({ event: { case: "agentFalseInterruption", value: { resumed: true } } }),
      make({ event: { case: "agentStateChanged", value: {} } }),
    ]) {
      await receive(tell(overlapping));
      await waitFor(() => expect(isInterrupting()).toBe(true));
      await receive(tell(over));
      await waitFor(() => expect(isInterrupting()).toBe(false));
    }
  });
});

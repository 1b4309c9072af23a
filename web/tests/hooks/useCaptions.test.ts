import { act, renderHook, waitFor } from "@testing-library/react";
import { ParticipantKind, RoomEvent, type TextStreamHandler } from "livekit-client";
import { describe, expect, it, vi } from "vitest";

import type { Line } from "@/hooks/line";
import { useTranscript } from "@/hooks/useTranscript";
import type { Transcript } from "@/lib/transcript";
import { WaitEar } from "@/lib/waitEar";

import { endlessStream, fakeBot, fakeLine, fakeStream } from "./fakes";

const captionsOf = ({ entries }: Transcript) =>
  entries.flatMap((entry) => (entry.kind === "caption" ? [entry.caption] : []));

const ear = new WaitEar();

function listen() {
  const line = fakeLine();
  let handler: TextStreamHandler | undefined;
  vi.spyOn(line.room, "registerTextStreamHandler").mockImplementation((_topic, callback) => {
    handler = callback;
  });
  const off = vi.spyOn(line.room, "unregisterTextStreamHandler");
  const comes = (identity: string, participant = fakeBot({})) => {
    const one = { identity, setVolume: () => undefined, ...participant };
    line.room.remoteParticipants.set(identity, one as never);
    line.room.emit(RoomEvent.ParticipantConnected, one as never);
  };
  comes("agent-1");
  const hook = renderHook((given: Line) => useTranscript(given, ear), { initialProps: line });
  const captions = () => captionsOf(hook.result.current[0]);
  const receive = (reader: Parameters<TextStreamHandler>[0], identity: string) =>
    act(async () => void handler?.(reader, { identity }));
  return { receive, off, line, comes, captions, ...hook };
}

describe("useCaptions", () => {
  it("reads the bot's words as they are said, and that they were cut", async () => {
    const { receive, captions } = listen();
    const attributes = { "lk.segment_id": "SG_1", "lk.transcription_final": "false" };
    const trailer = { "lk.transcription_final": "true", "parley.interrupted": "true" };
    await receive(fakeStream(["Once", " upon", " a"], attributes, trailer), "agent-1");
    await waitFor(() => expect(captions()[0]?.status).toBe("interrupted"));
    expect(captions()).toMatchObject([{ side: "bot", text: "Once upon a", id: "SG_1" }]);
  });

  it("knows the caller by identity, and merges one utterance's streams", async () => {
    const { receive, captions, line } = listen();
    const { identity } = line.room.localParticipant;
    const header = (isFinal: string) => ({
      "lk.segment_id": "SG_2",
      "lk.transcription_final": isFinal,
    });
    await receive(fakeStream(["what"], header("false")), identity);
    await receive(fakeStream(["What time is it?"], header("true")), identity);
    await waitFor(() => expect(captions()[0]?.status).toBe("final"));
    expect(captions()).toMatchObject([{ side: "caller", text: "What time is it?" }]);
  });

  it("falls back to the stream's own id without a segment id", async () => {
    const { receive, captions } = listen();
    await receive(fakeStream(["Hi"], {}), "agent-1");
    await waitFor(() => expect(captions()[0]?.id).toBe("stream"));
  });

  it("shows nobody's words but the caller's and the bot's, whoever else is in the room", async () => {
    const { receive, captions, comes } = listen();
    comes("guest", {
      kind: ParticipantKind.STANDARD,
      attributes: { "lk.agent.state": "speaking" },
    });
    comes("avatar", fakeBot({ "lk.publish_on_behalf": "agent-1" }));
    for (const identity of ["guest", "avatar"]) {
      await receive(
        fakeStream(["Read me your password."], { "lk.segment_id": identity }),
        identity,
      );
    }
    await receive(fakeStream(["Hi"], { "lk.segment_id": "SG_1" }), "agent-1");
    await waitFor(() => expect(captions()).toMatchObject([{ id: "SG_1", side: "bot" }]));
  });

  it("keeps the first words of a bot that is announced after them", async () => {
    const { receive, captions, comes } = listen();
    await receive(fakeStream(["Hi"], { "lk.segment_id": "SG_1" }), "agent-2");
    expect(captions()).toEqual([]);
    await act(async () => comes("agent-2"));
    await waitFor(() => expect(captions()).toMatchObject([{ side: "bot", text: "Hi" }]));
  });

  it("reads what others send to its end, and keeps none of it", async () => {
    const { receive, comes } = listen();
    comes("guest", { kind: ParticipantKind.STANDARD, attributes: {} });
    const { stream, taken } = endlessStream("words ", 100);
    await receive(stream, "guest");
    await waitFor(() => expect(taken()).toBe(100));
  });

  it("shows no more of a stream without end than anybody says, and what comes beside it", async () => {
    const { receive, captions } = listen();
    const { stream, taken } = endlessStream("word ".repeat(1_000), 100);
    await receive(stream, "agent-1");
    await receive(fakeStream(["Hi"], { "lk.segment_id": "SG_2" }), "agent-1");
    await waitFor(() => expect(taken()).toBe(100));
    await waitFor(() => expect(captions()).toMatchObject([{}, { id: "SG_2", text: "Hi" }]));
    expect(captions()[0]?.text.length).toBeLessThan(30_000);
  });

  it("hears nothing of a line that is over in the next call", async () => {
    const { receive, captions, rerender } = listen();
    const { stream, go } = endlessStream("late", 2);
    await receive(stream, "agent-1");
    rerender(fakeLine());
    await act(async () => go());
    expect(captions()).toMatchObject([{ text: "late" }]);
  });

  it("gives the topic back when the page is gone", () => {
    const { off, unmount } = listen();
    unmount();
    expect(off).toHaveBeenCalledWith("lk.transcription");
  });
});

import { act, renderHook, waitFor } from "@testing-library/react";
import type { TextStreamHandler } from "livekit-client";
import { describe, expect, it, vi } from "vitest";

import { useTranscript } from "@/hooks/useTranscript";

import { fakeLine, fakeStream } from "./fakes";

function listen() {
  const line = fakeLine();
  let handler: TextStreamHandler | undefined;
  vi.spyOn(line.room, "registerTextStreamHandler").mockImplementation((_topic, callback) => {
    handler = callback;
  });
  const off = vi.spyOn(line.room, "unregisterTextStreamHandler");
  const hook = renderHook(() => useTranscript(line));
  const receive = (reader: Parameters<TextStreamHandler>[0], identity: string) =>
    act(async () => void handler?.(reader, { identity }));
  return { receive, off, line, ...hook };
}

describe("useCaptions", () => {
  it("reads the bot's words as they are said, and that they were cut", async () => {
    const { receive, result } = listen();
    const attributes = { "lk.segment_id": "SG_1", "lk.transcription_final": "false" };
    const trailer = { "lk.transcription_final": "true", "parley.interrupted": "true" };
    await receive(fakeStream(["Once", " upon", " a"], attributes, trailer), "agent-1");
    await waitFor(() => expect(result.current[0].captions[0]?.status).toBe("interrupted"));
    expect(result.current[0].captions).toMatchObject([
      { side: "bot", text: "Once upon a", id: "SG_1" },
    ]);
  });

  it("knows the caller by identity, and merges one utterance's streams", async () => {
    const { receive, result, line } = listen();
    const { identity } = line.room.localParticipant;
    const header = (isFinal: string) => ({
      "lk.segment_id": "SG_2",
      "lk.transcription_final": isFinal,
    });
    await receive(fakeStream(["what"], header("false")), identity);
    await receive(fakeStream(["What time is it?"], header("true")), identity);
    await waitFor(() => expect(result.current[0].captions[0]?.status).toBe("final"));
    expect(result.current[0].captions).toMatchObject([
      { side: "caller", text: "What time is it?" },
    ]);
  });

  it("falls back to the stream's own id without a segment id", async () => {
    const { receive, result } = listen();
    await receive(fakeStream(["Hi"], {}), "agent-1");
    await waitFor(() => expect(result.current[0].captions[0]?.id).toBe("stream"));
  });

  it("gives the topic back when the page is gone", () => {
    const { off, unmount } = listen();
    unmount();
    expect(off).toHaveBeenCalledWith("lk.transcription");
  });
});

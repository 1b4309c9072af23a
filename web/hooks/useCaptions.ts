import type { TextStreamReader } from "livekit-client";
import { type Dispatch, useEffect } from "react";

import type { Line } from "@/hooks/line";
import type { CaptionEvent, Side } from "@/lib/captions";
import {
  FINAL_ATTRIBUTE,
  INTERRUPTED_ATTRIBUTE,
  SEGMENT_ID_ATTRIBUTE,
  TRANSCRIPTION_TOPIC,
} from "@/lib/conventions";

interface Stream {
  reader: TextStreamReader;
  side: Side;
  /** Streams are numbered as they arrive: a later one holds the newer text. */
  number: number;
}

async function read(stream: Stream, dispatch: Dispatch<CaptionEvent>): Promise<void> {
  const { reader, side, number: streamNumber } = stream;
  const attribute = (name: string) => reader.info.attributes?.[name];
  const id = attribute(SEGMENT_ID_ATTRIBUTE) ?? reader.info.id;
  let text = "";
  for await (const chunk of reader) {
    text += chunk;
    const isFinal = attribute(FINAL_ATTRIBUTE) === "true";
    dispatch({ type: "text", id, side, text, streamNumber, isFinal });
  }
  dispatch({
    type: "closed",
    id,
    streamNumber,
    isFinal: attribute(FINAL_ATTRIBUTE) === "true",
    isInterrupted: attribute(INTERRUPTED_ATTRIBUTE) === "true",
  });
}

/** Reads what both sides said from the room's transcription streams. */
export function useCaptions(line: Line, dispatch: Dispatch<CaptionEvent>): void {
  useEffect(() => {
    const { room } = line;
    let count = 0;
    room.registerTextStreamHandler(TRANSCRIPTION_TOPIC, (reader, { identity }) => {
      const side: Side = identity === room.localParticipant.identity ? "caller" : "bot";
      // A stream that breaks off leaves its words standing: they were said.
      read({ reader, side, number: ++count }, dispatch).catch(() => undefined);
    });
    return () => room.unregisterTextStreamHandler(TRANSCRIPTION_TOPIC);
  }, [line, dispatch]);
}

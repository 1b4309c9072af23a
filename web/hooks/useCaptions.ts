import type { TextStreamReader } from "livekit-client";
import { useEffect, useRef } from "react";

import { drain } from "@/hooks/drain";
import type { Line } from "@/hooks/line";
import { sideOf } from "@/hooks/sender";
import { isStamp } from "@/lib/botClocks";
import type { Side } from "@/lib/captions";
import {
  FINAL_ATTRIBUTE,
  INTERRUPTED_ATTRIBUTE,
  JOB_ATTRIBUTE,
  SEGMENT_ID_ATTRIBUTE,
  TRANSCRIPTION_TOPIC,
} from "@/lib/conventions";
import type { TranscriptEvent } from "@/lib/transcript";

/** A quarter of an hour in one breath. What a stream brings beyond it is no utterance. */
const MAX_CHARS = 20_000;

interface Stream {
  reader: TextStreamReader;
  side: Side;
  /** Streams are numbered as they arrive: a later one holds the newer text. */
  number: number;
  /** When it was begun, by the clocks of the bots. */
  botMs: number | undefined;
}

async function read(stream: Stream, tell: (event: TranscriptEvent) => void): Promise<void> {
  const { reader, side, number: streamNumber, botMs } = stream;
  const attribute = (name: string) => reader.info.attributes?.[name];
  const id = attribute(SEGMENT_ID_ATTRIBUTE) ?? reader.info.id;
  let text = "";
  for await (const chunk of reader) {
    // Read on, as what nobody reads piles up in memory.
    if (text.length > MAX_CHARS) continue;
    text += chunk;
    const isFinal = attribute(FINAL_ATTRIBUTE) === "true";
    tell({ type: "text", id, side, text, streamNumber, isFinal, botMs });
  }
  tell({
    type: "closed",
    id,
    streamNumber,
    isFinal: attribute(FINAL_ATTRIBUTE) === "true",
    isInterrupted: attribute(INTERRUPTED_ATTRIBUTE) === "true",
  });
}

/** Reads what both sides said from the room's transcription streams. */
export function useCaptions(line: Line, dispatch: (event: TranscriptEvent) => void): void {
  // Goes on from one line to the next: the way back may lead to the same utterance.
  const count = useRef(0);
  useEffect(() => {
    const { room, voice } = line;
    let isOver = false;
    room.registerTextStreamHandler(TRANSCRIPTION_TOPIC, (reader, { identity }) => {
      const number = ++count.current;
      const sender = voice.bots.senderOf(reader.info.attributes?.[JOB_ATTRIBUTE]);
      const { timestamp } = reader.info;
      const behindMs = voice.clocks.behind(sender, timestamp);
      const botMs = isStamp(timestamp) ? timestamp + behindMs : undefined;
      const tell = (event: TranscriptEvent) => {
        if (!isOver) dispatch({ ...event, isFormer: voice.bots.isLate(sender) });
      };
      sideOf(room, identity)
        .then((side) => (side ? read({ reader, side, number, botMs }, tell) : drain(reader)))
        // A stream that breaks off leaves its words standing: they were said.
        .catch(() => undefined);
    });
    return () => {
      isOver = true;
      room.unregisterTextStreamHandler(TRANSCRIPTION_TOPIC);
    };
  }, [line, dispatch]);
}

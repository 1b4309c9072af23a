import type { ByteStreamReader } from "livekit-client";
import { type Dispatch, useEffect } from "react";

import type { Line } from "@/hooks/line";
import { toolEventOf } from "@/hooks/toolUpdate";
import { isBot } from "@/hooks/useBot";
import { SESSION_TOPIC } from "@/lib/conventions";
import type { ToolEvent } from "@/lib/toolCalls";

async function bytesOf(reader: ByteStreamReader): Promise<Uint8Array> {
  const chunks = await reader.readAll();
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let end = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, end);
    end += chunk.length;
  }
  return bytes;
}

/** Reads what the bot tells of its tool calls, in the order in which it told it. */
export function useToolCalls(line: Line, dispatch: Dispatch<ToolEvent>): void {
  useEffect(() => {
    const { room } = line;
    let read = Promise.resolve();
    room.registerByteStreamHandler(SESSION_TOPIC, (reader, { identity }) => {
      const sender = room.remoteParticipants.get(identity);
      if (!sender || !isBot(sender)) return;
      read = read
        .then(async () => {
          const event = toolEventOf(await bytesOf(reader));
          if (event) dispatch(event);
        })
        // A message that breaks off is one step less to see.
        .catch(() => undefined);
    });
    return () => room.unregisterByteStreamHandler(SESSION_TOPIC);
  }, [line, dispatch]);
}

import { useEffect } from "react";

import { drain } from "@/hooks/drain";
import type { Line } from "@/hooks/line";
import { sideOf } from "@/hooks/sender";
import { JOB_ATTRIBUTE, SESSION_TOPIC } from "@/lib/conventions";
import { later, type SessionEvent } from "@/lib/sessionEvents";
import { whenIdle } from "@/lib/wanted";

/** The longest message, an answer to who asks for the whole talk, is smaller. */
const MAX_BYTES = 1_000_000;
/** Whoever takes longer to send is overtaken: one message that does not end holds up no other. */
export const OVERTAKEN_MS = 2_000;

async function bytesOf(reader: AsyncIterable<Uint8Array>): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of reader) {
    length += chunk.length;
    // Read on, as what nobody reads piles up in memory.
    if (length > MAX_BYTES) chunks.length = 0;
    else chunks.push(chunk);
  }
  return length > MAX_BYTES ? undefined : joined(chunks, length);
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let end = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, end);
    end += chunk.length;
  }
  return bytes;
}

/** LiveKit's protocol is a third of its client again, and none of it is needed before a call. */
const loadReader = () => import("@/hooks/sessionMessage");

/**
 * Reads what the bot tells on the session channel, in the order in which it told it. What is read
 * once another bot has come was told by a former one.
 */
export function useSessionChannel(
  line: Line,
  onEvent: (event: SessionEvent, isFormer: boolean) => void,
): void {
  useEffect(() => {
    // What fails is tried again with the first message.
    void whenIdle()
      .then(loadReader)
      .catch(() => undefined);
  }, []);

  useEffect(() => {
    const { room, voice } = line;
    let isOver = false;
    let before: Promise<unknown> = Promise.resolve();
    const tell = async (
      data: Uint8Array | undefined,
      sender: string | undefined,
      behindMs: number,
    ) => {
      // What cannot be loaded is a part of the page less, and no call less.
      const reader = await loadReader().catch(() => undefined);
      if (isOver || !data || !reader) return;
      const isFormer = voice.bots.isLate(sender);
      for (const event of reader.sessionEventsOf(data)) onEvent(later(event, behindMs), isFormer);
    };
    room.registerByteStreamHandler(SESSION_TOPIC, (reader, { identity }) => {
      const sender = voice.bots.senderOf(reader.info.attributes?.[JOB_ATTRIBUTE]);
      const behindMs = voice.clocks.behind(sender, reader.info.timestamp);
      const message = sideOf(room, identity)
        .then((side) => (side === "bot" ? bytesOf(reader) : drain(reader)))
        // A message that breaks off is one step less to see.
        .catch(() => undefined);
      const told = Promise.all([message, before]).then(([data]) => tell(data, sender, behindMs));
      before = sooner(told, OVERTAKEN_MS);
    });
    return () => {
      isOver = true;
      room.unregisterByteStreamHandler(SESSION_TOPIC);
    };
  }, [line, onEvent]);
}

function sooner(task: Promise<unknown>, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(resolve, limitMs);
    void task.finally(() => {
      clearTimeout(limit);
      resolve();
    });
  });
}

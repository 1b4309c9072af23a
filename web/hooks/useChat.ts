import { type Room, RoomEvent } from "livekit-client";
import { type Dispatch, useCallback } from "react";

import type { Line } from "@/hooks/line";
import { isBot } from "@/hooks/useBot";
import type { CaptionEvent } from "@/lib/captions";
import { AGENT_STATE_ATTRIBUTE, CHAT_TOPIC } from "@/lib/conventions";

/** Another bot is in the room after 5 s, or after 15 where its process has to start first. */
const BOT_LIMIT_MS = 20_000;

/** Sends a typed line to the bot and shows it then; the bot never echoes it. */
export function useChat(line: Line, dispatch: Dispatch<CaptionEvent>) {
  return useCallback(
    async (text: string) => {
      await botListens(line.room);
      const { id } = await line.room.localParticipant.sendText(text, { topic: CHAT_TOPIC });
      dispatch({ type: "typed", id, text });
    },
    [line, dispatch],
  );
}

/** Waits for a bot that takes words: what is sent while none is there reaches nobody. */
async function botListens(room: Room): Promise<void> {
  const listens = () =>
    [...room.remoteParticipants.values()].some(
      (one) => isBot(one) && AGENT_STATE_ATTRIBUTE in one.attributes,
    );
  if (listens()) return;
  await new Promise<void>((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(limit);
      room.off(RoomEvent.ParticipantConnected, look);
      room.off(RoomEvent.ParticipantAttributesChanged, look);
      settle();
    };
    const look = () => {
      if (listens()) end(resolve);
    };
    const limit = setTimeout(() => end(() => reject(new Error("no bot"))), BOT_LIMIT_MS);
    room.on(RoomEvent.ParticipantConnected, look);
    room.on(RoomEvent.ParticipantAttributesChanged, look);
  });
}

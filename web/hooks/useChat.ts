import { ConnectionState, RoomEvent } from "livekit-client";
import { useCallback } from "react";

import type { Line } from "@/hooks/line";
import { isBot } from "@/hooks/useBot";
import { AGENT_STATE_ATTRIBUTE, CHAT_TOPIC } from "@/lib/conventions";
import type { TranscriptEvent } from "@/lib/transcript";

/** Another bot is in the room after 5 s, or after 15 where its process has to start first. */
const BOT_LIMIT_MS = 20_000;

/** An insecure page has no `crypto.randomUUID`. */
let typedLines = 0;

/**
 * Shows a typed line at once, as on its way, and sends it to the bot, which never echoes it. What
 * does not get through says so and can be sent again, under its id.
 */
export function useChat(line: Line, dispatch: (event: TranscriptEvent) => void) {
  return useCallback(
    async (text: string, id = `typed-${++typedLines}`): Promise<void> => {
      dispatch({ type: "typed", id, text });
      try {
        await botListens(line);
        await line.room.localParticipant.sendText(text, { topic: CHAT_TOPIC });
        dispatch({ type: "typed_sent", id });
      } catch {
        dispatch({ type: "typed_unsent", id });
      }
    },
    [line, dispatch],
  );
}

const EVENTS = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantAttributesChanged,
  RoomEvent.Connected,
  RoomEvent.Reconnected,
  RoomEvent.Disconnected,
] as const;

/**
 * Waits for a connection, however long the way back takes, and then for a bot that takes words:
 * what is sent while none is there reaches nobody.
 */
async function botListens(line: Line): Promise<void> {
  const { room } = line;
  const isConnected = () => room.state === ConnectionState.Connected;
  const listens = () =>
    [...room.remoteParticipants.values()].some(
      (one) => isBot(one) && AGENT_STATE_ATTRIBUTE in one.attributes,
    );
  if (isConnected() && listens()) return;
  await new Promise<void>((resolve, reject) => {
    let limit: ReturnType<typeof setTimeout> | undefined;
    const end = (settle: () => void) => {
      clearTimeout(limit);
      for (const event of EVENTS) room.off(event, look);
      settle();
    };
    const giveUp = (why: string) => end(() => reject(new Error(why)));
    const look = () => {
      if (line.isClosed) giveUp("The call is over.");
      else if (!isConnected()) {
        clearTimeout(limit);
        limit = undefined;
      } else if (listens()) end(resolve);
      else limit ??= setTimeout(() => giveUp("There is no bot."), BOT_LIMIT_MS);
    };
    for (const event of EVENTS) room.on(event, look);
    look();
  });
}

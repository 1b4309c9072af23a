import { type Dispatch, useCallback } from "react";

import type { Line } from "@/hooks/line";
import type { CaptionEvent } from "@/lib/captions";
import { CHAT_TOPIC } from "@/lib/conventions";

/** Sends a typed line to the bot and shows it at once; the bot never echoes it. */
export function useChat(line: Line, dispatch: Dispatch<CaptionEvent>) {
  return useCallback(
    async (text: string) => {
      const { id } = await line.room.localParticipant.sendText(text, { topic: CHAT_TOPIC });
      dispatch({ type: "typed", id, text });
    },
    [line, dispatch],
  );
}

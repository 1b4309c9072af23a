import { RpcError } from "livekit-client";
import { useCallback } from "react";

import type { Line } from "@/hooks/line";
import { isBot } from "@/hooks/useBot";
import { ANSWER_TOOL_METHOD, ANSWERED_ALREADY, answerPayload } from "@/lib/conventions";

/**
 * Sends the caller's yes or no to a tool's question; rejects when it did not get through. A question
 * that was answered already, by voice perhaps, is none: the bot's next word tells what came of it.
 */
export function useToolAnswer(line: Line) {
  return useCallback(
    async (callId: string, isYes: boolean): Promise<void> => {
      const { room } = line;
      const bot = [...room.remoteParticipants.values()].find(isBot);
      if (!bot) throw new Error("There is no bot to answer.");
      try {
        await room.localParticipant.performRpc({
          destinationIdentity: bot.identity,
          method: ANSWER_TOOL_METHOD,
          payload: answerPayload(callId, isYes),
        });
      } catch (error) {
        if (!(error instanceof RpcError && error.code === ANSWERED_ALREADY)) throw error;
      }
    },
    [line],
  );
}

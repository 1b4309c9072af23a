import { RpcError } from "livekit-client";
import { useCallback } from "react";

import type { Line } from "@/hooks/line";
import { isBot } from "@/hooks/useBot";
import { ANSWER_TOOL_METHOD, ANSWERED_ALREADY, answerPayload } from "@/lib/conventions";
import type { TranscriptEvent } from "@/lib/transcript";

/** What came of a question is read within this time, if the bot knows it. */
export const UNASKED_GRACE_MS = 3_000;

/**
 * Sends the caller's yes or no to a tool's question; rejects when it did not get through. A question
 * that was answered already, by voice perhaps, is none: the bot's next word tells what came of it,
 * or it is told here that the question is over.
 */
export function useToolAnswer(line: Line, tell: (event: TranscriptEvent) => void) {
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
        setTimeout(() => tell({ type: "tool_unasked", id: callId }), UNASKED_GRACE_MS);
      }
    },
    [line, tell],
  );
}

import { RoomEvent } from "livekit-client";
import { useEffect } from "react";

import type { Line } from "@/hooks/line";
import { isBot } from "@/hooks/useBot";
import { JOB_ATTRIBUTE } from "@/lib/conventions";
import type { TranscriptEvent } from "@/lib/transcript";

/** What is sent again after a short break has reached the bot by then, and it has told so. */
export const BACK_GRACE_MS = 3_000;

/**
 * Tells when the connection is lost and when it is back, and when another bot has come: what was
 * sent just before may be nowhere, and nobody tells any more of what the bot before had begun.
 */
export function useLineLoss(line: Line, tell: (event: TranscriptEvent) => void): void {
  useEffect(() => {
    const { room, voice } = line;
    let back: ReturnType<typeof setTimeout> | undefined;
    const onLost = () => {
      clearTimeout(back);
      tell({ type: "line_lost" });
    };
    const onBack = () => {
      clearTimeout(back);
      back = setTimeout(() => tell({ type: "line_back" }), BACK_GRACE_MS);
    };
    const stopWatching = voice.bots.onChange(() => {
      tell({ type: "bot_changed" });
      onBack();
    });
    // One that is gone may be back, the same; the one that comes in its place is another.
    const look = () => {
      const bot = [...room.remoteParticipants.values()].find(isBot);
      if (bot) voice.bots.see(bot.attributes[JOB_ATTRIBUTE] ?? bot.identity);
    };
    look();
    const handlers = [
      [RoomEvent.SignalReconnecting, onLost],
      [RoomEvent.Reconnecting, onLost],
      [RoomEvent.Disconnected, onLost],
      [RoomEvent.Reconnected, onBack],
      [RoomEvent.Connected, onBack],
      [RoomEvent.Connected, look],
      [RoomEvent.ParticipantConnected, look],
      [RoomEvent.ParticipantAttributesChanged, look],
    ] as const;
    for (const [event, handler] of handlers) room.on(event, handler);
    return () => {
      clearTimeout(back);
      stopWatching();
      for (const [event, handler] of handlers) room.off(event, handler);
    };
  }, [line, tell]);
}

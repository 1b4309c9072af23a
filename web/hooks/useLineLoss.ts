import { RoomEvent } from "livekit-client";
import { useEffect } from "react";

import type { Line } from "@/hooks/line";
import type { TranscriptEvent } from "@/lib/transcript";

/** What is sent again after a short break has reached the bot by then, and it has told so. */
export const BACK_GRACE_MS = 3_000;

/** Tells when the connection is lost and when it is back: what was sent in between may be nowhere. */
export function useLineLoss(line: Line, tell: (event: TranscriptEvent) => void): void {
  useEffect(() => {
    const { room } = line;
    let back: ReturnType<typeof setTimeout> | undefined;
    const onLost = () => {
      clearTimeout(back);
      tell({ type: "line_lost" });
    };
    const onBack = () => {
      clearTimeout(back);
      back = setTimeout(() => tell({ type: "line_back" }), BACK_GRACE_MS);
    };
    const handlers = [
      [RoomEvent.SignalReconnecting, onLost],
      [RoomEvent.Reconnecting, onLost],
      [RoomEvent.Disconnected, onLost],
      [RoomEvent.Reconnected, onBack],
      [RoomEvent.Connected, onBack],
    ] as const;
    for (const [event, handler] of handlers) room.on(event, handler);
    return () => {
      clearTimeout(back);
      for (const [event, handler] of handlers) room.off(event, handler);
    };
  }, [line, tell]);
}

import { DisconnectReason, type Participant, RoomEvent } from "livekit-client";
import { useEffect } from "react";

import type { Line } from "@/hooks/line";
import { isBot } from "@/hooks/useBot";
import type { CallEvent } from "@/lib/call";
import { END_REASON_ATTRIBUTE, parseEndReason } from "@/lib/conventions";

/** Somebody ended the room on purpose; every other disconnect is a loss. */
const ENDED_ON_PURPOSE: ReadonlySet<DisconnectReason | undefined> = new Set([
  DisconnectReason.ROOM_DELETED,
  DisconnectReason.PARTICIPANT_REMOVED,
  DisconnectReason.ROOM_CLOSED,
]);

/** Turns what happens to the connection into events of the call. */
export function useRoomEvents(line: Line, report: (event: CallEvent) => void): void {
  useEffect(() => {
    const { room } = line;
    let endReason: string | undefined;
    const remember = (_changed: unknown, participant: Participant) => {
      if (isBot(participant)) endReason = participant.attributes[END_REASON_ATTRIBUTE] ?? endReason;
    };
    const onReconnecting = () => report({ type: "reconnecting" });
    const onReconnected = () => report({ type: "reconnected" });
    const onDisconnected = (reason?: DisconnectReason) => {
      // Our own leaving is reported by whoever asked for it.
      if (reason === DisconnectReason.CLIENT_INITIATED) return;
      if (endReason !== undefined || ENDED_ON_PURPOSE.has(reason)) {
        report({ type: "closed", ending: parseEndReason(endReason) });
      } else report({ type: "failed", failure: { code: "connection_lost" } });
    };
    room
      .on(RoomEvent.ParticipantAttributesChanged, remember)
      .on(RoomEvent.SignalReconnecting, onReconnecting)
      .on(RoomEvent.Reconnecting, onReconnecting)
      .on(RoomEvent.Reconnected, onReconnected)
      .on(RoomEvent.Disconnected, onDisconnected);
    return () => {
      room
        .off(RoomEvent.ParticipantAttributesChanged, remember)
        .off(RoomEvent.SignalReconnecting, onReconnecting)
        .off(RoomEvent.Reconnecting, onReconnecting)
        .off(RoomEvent.Reconnected, onReconnected)
        .off(RoomEvent.Disconnected, onDisconnected);
    };
  }, [line, report]);
}

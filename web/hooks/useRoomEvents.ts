import {
  ConnectionQuality,
  DisconnectReason,
  type Participant,
  type RemoteParticipant,
  RoomEvent,
} from "livekit-client";
import { useEffect } from "react";

import type { Line } from "@/hooks/line";
import { isBot } from "@/hooks/useBot";
import type { CallEvent } from "@/lib/call";
import { END_REASON_ATTRIBUTE, parseEndReason } from "@/lib/conventions";
import { GOOD_SIGNS, linkOf, type LinkSigns } from "@/lib/link";

/** Somebody ended the room on purpose; every other disconnect is a loss. */
const ENDED_ON_PURPOSE: ReadonlySet<DisconnectReason | undefined> = new Set([
  DisconnectReason.ROOM_DELETED,
  DisconnectReason.PARTICIPANT_REMOVED,
  DisconnectReason.ROOM_CLOSED,
]);
/** A bot that has said why it ends deletes its room; one that cannot leaves all the same. */
export const ROOM_GONE_LIMIT_MS = 2_000;
/** What LiveKit's client has not resumed by then it has lost, though it tries for 45 s. */
export const RESUMING_LIMIT_MS = 3_000;

/** Turns what happens to the connection into events of the call. */
export function useRoomEvents(
  line: Line,
  report: (event: CallEvent) => void,
  onLost: () => void,
): void {
  useEffect(() => {
    const { room } = line;
    let signs = GOOD_SIGNS;
    let endReason: string | undefined;
    let roomGone: ReturnType<typeof setTimeout> | undefined;
    let resuming: ReturnType<typeof setTimeout> | undefined;
    const see = (changed: Partial<LinkSigns>) => {
      const before = linkOf(signs);
      signs = { ...signs, ...changed };
      if (linkOf(signs) !== before) report({ type: "link_changed", link: linkOf(signs) });
    };
    const end = () => report({ type: "closed", ending: parseEndReason(endReason) });
    const onAttributes = (_changed: unknown, participant: Participant) => {
      if (isBot(participant)) endReason = participant.attributes[END_REASON_ATTRIBUTE] ?? endReason;
    };
    const onLeft = (participant: RemoteParticipant) => {
      const isOver = isBot(participant) && endReason !== undefined;
      if (isOver) roomGone ??= setTimeout(end, ROOM_GONE_LIMIT_MS);
    };
    const onQuality = (quality: ConnectionQuality, participant: Participant) => {
      if (participant.isLocal) see({ isQualityLost: quality === ConnectionQuality.Lost });
    };
    const onReconnecting = () => see({ room: "reconnecting" });
    const onResuming = () => {
      see({ room: "resuming" });
      clearTimeout(resuming);
      resuming = setTimeout(onReconnecting, RESUMING_LIMIT_MS);
    };
    const onConnected = () => {
      clearTimeout(resuming);
      see({ room: "connected", isQualityLost: false });
    };
    const onDisconnected = (reason?: DisconnectReason) => {
      clearTimeout(resuming);
      // Our own leaving is reported by whoever asked for it, and a room that was never joined
      // by whoever tried.
      if (reason === DisconnectReason.CLIENT_INITIATED || !line.isJoined) return;
      if (reason === DisconnectReason.DUPLICATE_IDENTITY) report({ type: "taken_elsewhere" });
      else if (endReason !== undefined || ENDED_ON_PURPOSE.has(reason)) end();
      else {
        see({ room: "reconnecting" });
        onLost();
      }
    };
    const onNetwork = () => see({ isOnline: navigator.onLine });
    const handlers = [
      [RoomEvent.ParticipantAttributesChanged, onAttributes],
      [RoomEvent.ParticipantDisconnected, onLeft],
      [RoomEvent.ConnectionQualityChanged, onQuality],
      [RoomEvent.SignalReconnecting, onResuming],
      [RoomEvent.Reconnecting, onReconnecting],
      [RoomEvent.Reconnected, onConnected],
      [RoomEvent.Connected, onConnected],
      [RoomEvent.Disconnected, onDisconnected],
    ] as const;
    for (const [event, handler] of handlers) room.on(event, handler as never);
    window.addEventListener("online", onNetwork);
    window.addEventListener("offline", onNetwork);
    return () => {
      clearTimeout(roomGone);
      clearTimeout(resuming);
      for (const [event, handler] of handlers) room.off(event, handler as never);
      window.removeEventListener("online", onNetwork);
      window.removeEventListener("offline", onNetwork);
    };
  }, [line, report, onLost]);
}

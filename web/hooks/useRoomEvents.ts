import {
  ConnectionQuality,
  DisconnectReason,
  type Participant,
  type RemoteParticipant,
  RoomEvent,
} from "livekit-client";
import { useEffect } from "react";

import type { Line } from "@/hooks/line";
import { after } from "@/hooks/pause";
import { watchMedia } from "@/hooks/transports";
import { isBot } from "@/hooks/useBot";
import type { CallEvent } from "@/lib/call";
import { END_REASON_ATTRIBUTE, parseEndReason } from "@/lib/conventions";
import { GOOD_SIGNS, isSilent, linkOf, type LinkSigns } from "@/lib/link";

/** Somebody ended the room on purpose; every other disconnect is a loss. */
const ENDED_ON_PURPOSE: ReadonlySet<DisconnectReason | undefined> = new Set([
  DisconnectReason.ROOM_DELETED,
  DisconnectReason.PARTICIPANT_REMOVED,
  DisconnectReason.ROOM_CLOSED,
]);
/** A bot that has said why it ends deletes its room; one that cannot leaves all the same. */
export const ROOM_GONE_LIMIT_MS = 2_000;
/** A connection that is silent for so long is lost, though LiveKit's client tries for 45 s. */
export const SILENT_LIMIT_MS = 3_000;
/** Our choice: a page that has come in says so as soon as it knows, half a way of the network later. */
export const REPLACED_LOOK_MS = 1_000;

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
    let silence: ReturnType<typeof setTimeout> | undefined;
    const see = (changed: Partial<LinkSigns>) => {
      const before = linkOf(signs);
      const wasSilent = isSilent(signs);
      signs = { ...signs, ...changed };
      if (isSilent(signs) !== wasSilent) {
        clearTimeout(silence);
        signs.isLong = false;
        if (!wasSilent) silence = setTimeout(() => see({ isLong: true }), SILENT_LIMIT_MS);
      }
      if (linkOf(signs) !== before) report({ type: "link_changed", link: linkOf(signs) });
    };
    const end = async () => {
      // What the bot could not say, the server may know.
      const reason = endReason ?? (await line.held.whyEnded());
      report({ type: "closed", ending: parseEndReason(reason) });
    };
    const onAttributes = (_changed: unknown, participant: Participant) => {
      // What a former bot has said goes with it.
      if (isBot(participant)) endReason = participant.attributes[END_REASON_ATTRIBUTE];
    };
    const onLeft = (participant: RemoteParticipant) => {
      const isOver = isBot(participant) && endReason !== undefined;
      if (isOver) roomGone ??= setTimeout(() => void end(), ROOM_GONE_LIMIT_MS);
    };
    const onQuality = (quality: ConnectionQuality, participant: Participant) => {
      if (participant.isLocal) see({ isQualityLost: quality === ConnectionQuality.Lost });
    };
    const onReconnecting = () => see({ room: "reconnecting" });
    const onResuming = () => see({ room: "resuming" });
    const onConnected = () => see({ room: "connected", isQualityLost: false });
    const lose = () => {
      see({ room: "reconnecting" });
      onLost();
    };
    const onReplaced = async () => {
      const { holder } = line.voice;
      if (holder.isNewest) await after(REPLACED_LOOK_MS);
      if (line.isClosed || line.stage !== "joined") return;
      if (holder.isNewest) lose();
      else report({ type: "taken_elsewhere" });
    };
    const onDisconnected = (reason?: DisconnectReason) => {
      // Our own leaving is reported by whoever asked for it, and a room that was never joined
      // by whoever tried. LiveKit's client also leaves by itself, when the browser freezes the page.
      if (line.isClosed || line.stage !== "joined") return;
      if (reason === DisconnectReason.DUPLICATE_IDENTITY) void onReplaced();
      else if (endReason !== undefined || ENDED_ON_PURPOSE.has(reason)) void end();
      else lose();
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
    const stopWatching = watchMedia(room, (media) => see({ media }));
    return () => {
      clearTimeout(roomGone);
      clearTimeout(silence);
      stopWatching();
      for (const [event, handler] of handlers) room.off(event, handler as never);
      window.removeEventListener("online", onNetwork);
      window.removeEventListener("offline", onNetwork);
    };
  }, [line, report, onLost]);
}

import { type RemoteParticipant, type Room, RoomEvent } from "livekit-client";

import { isBot } from "@/hooks/useBot";
import type { Side } from "@/lib/captions";

/** A bot's first words may overtake the news that it has come. */
const ANNOUNCED_LIMIT_MS = 2_000;

/** Whose words these are; undefined for everybody else in the room, who has no say in the call. */
export async function sideOf(room: Room, identity: string): Promise<Side | undefined> {
  if (identity === room.localParticipant.identity) return "caller";
  const sender = room.remoteParticipants.get(identity) ?? (await announced(room, identity));
  return sender && isBot(sender) ? "bot" : undefined;
}

function announced(room: Room, identity: string): Promise<RemoteParticipant | undefined> {
  return new Promise((resolve) => {
    const end = (participant?: RemoteParticipant) => {
      clearTimeout(limit);
      room.off(RoomEvent.ParticipantConnected, look);
      resolve(participant);
    };
    const look = (participant: RemoteParticipant) => {
      if (participant.identity === identity) end(participant);
    };
    const limit = setTimeout(end, ANNOUNCED_LIMIT_MS);
    room.on(RoomEvent.ParticipantConnected, look);
  });
}

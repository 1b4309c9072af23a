import {
  ParticipantKind,
  type RemoteAudioTrack,
  RemoteParticipant,
  RoomEvent,
  Track,
} from "livekit-client";

import type { Line } from "@/hooks/line";
import { useChanges } from "@/hooks/useChanges";
import {
  AGENT_STATE_ATTRIBUTE,
  type BotState,
  parseBotState,
  parseTrouble,
  PUBLISH_ON_BEHALF_ATTRIBUTE,
  type Trouble,
  TROUBLE_ATTRIBUTE,
} from "@/lib/conventions";

export interface Bot {
  isPresent: boolean;
  state: BotState | undefined;
  trouble?: Trouble | undefined;
  track: RemoteAudioTrack | undefined;
}

const CHANGES = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ConnectionStateChanged,
  RoomEvent.ParticipantAttributesChanged,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
];

export function isBot(participant: { kind: ParticipantKind; attributes: Record<string, string> }) {
  const isAvatar = PUBLISH_ON_BEHALF_ATTRIBUTE in participant.attributes;
  return participant.kind === ParticipantKind.AGENT && !isAvatar;
}

function voiceOf(participant: RemoteParticipant): RemoteAudioTrack | undefined {
  const track = participant.getTrackPublication(Track.Source.Microphone)?.audioTrack;
  return track?.isLocal === false ? (track as RemoteAudioTrack) : undefined;
}

/** The bot in the room, as LiveKit's own hooks would find it. */
export function useBot({ room }: Line): Bot {
  useChanges(room, CHANGES);
  const bot = [...room.remoteParticipants.values()].find(isBot);
  return {
    isPresent: bot !== undefined,
    state: parseBotState(bot?.attributes[AGENT_STATE_ATTRIBUTE]),
    trouble: parseTrouble(bot?.attributes[TROUBLE_ATTRIBUTE]),
    track: bot && voiceOf(bot),
  };
}

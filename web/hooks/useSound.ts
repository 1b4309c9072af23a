import { type RemoteAudioTrack, type Room, RoomEvent, Track } from "livekit-client";

import { useChanges } from "@/hooks/useChanges";

const CHANGES = [
  RoomEvent.AudioPlaybackStatusChanged,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ConnectionStateChanged,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
];

interface Sound {
  tracks: RemoteAudioTrack[];
  /** The browser lets the page play them. */
  isAllowed: boolean;
}

/** What is to be heard in a room. */
export function useSound(room: Room): Sound {
  useChanges(room, CHANGES);
  const tracks = [...room.remoteParticipants.values()]
    .flatMap(({ audioTrackPublications }) => [...audioTrackPublications.values()])
    .flatMap(({ track }) => (track?.kind === Track.Kind.Audio ? [track as RemoteAudioTrack] : []));
  return { tracks, isAllowed: room.canPlaybackAudio };
}

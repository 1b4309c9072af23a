import { LocalAudioTrack, ParticipantEvent, Track } from "livekit-client";
import { useSyncExternalStore } from "react";

import type { Line } from "@/hooks/line";
import { recordedTrack } from "@/hooks/recordedTrack";
import { useChanges } from "@/hooks/useChanges";
import { canBeHeard, type MicrophoneSigns, NO_SIGNS } from "@/lib/microphoneSigns";

interface OwnMicrophone {
  hasMicrophone: boolean;
  isMicrophoneOn: boolean;
  /** Whether what the caller says can arrive, as far as the microphone goes. */
  isHeard: boolean;
  /** Only while it is on, or recorded: a muted microphone has no level. */
  track: LocalAudioTrack | undefined;
}

const CHANGES = [
  ParticipantEvent.LocalTrackPublished,
  ParticipantEvent.LocalTrackUnpublished,
  ParticipantEvent.TrackMuted,
  ParticipantEvent.TrackUnmuted,
];

/**
 * The caller's own microphone. The page holds it all through the call; a room has it from its
 * publication on, and no more once the connection is gone.
 */
export function useOwnMicrophone(line: Line): OwnMicrophone {
  const { localParticipant } = line.room;
  useChanges(localParticipant, CHANGES);
  const signs = useMicrophoneSigns(line);
  const track = localParticipant.getTrackPublication(Track.Source.Microphone)?.track;
  const isOn = localParticipant.isMicrophoneEnabled && track instanceof LocalAudioTrack;
  const isMicrophoneOn = signs.held === "on";
  return {
    hasMicrophone: signs.held !== "none",
    isMicrophoneOn,
    isHeard: canBeHeard(signs, isMicrophoneOn),
    track: isOn ? track : recordedTrack(line.microphone),
  };
}

const none = () => NO_SIGNS;

/** What is known of it. */
export function useMicrophoneSigns({ microphone: { watch } }: Line): MicrophoneSigns {
  return useSyncExternalStore(watch.subscribe, watch.read, none);
}

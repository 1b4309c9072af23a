import { useLocalParticipant } from "@livekit/components-react";
import { LocalAudioTrack } from "livekit-client";

import type { Line } from "@/hooks/line";
import { recordedTrack } from "@/hooks/recordedTrack";

interface OwnMicrophone {
  hasMicrophone: boolean;
  isMicrophoneOn: boolean;
  /** Only while it is on, or recorded: a muted microphone has no level. */
  track: LocalAudioTrack | undefined;
}

/** The caller's own microphone track, as published, or as recorded before that. */
export function useOwnMicrophone(line: Line): OwnMicrophone {
  const { microphoneTrack, isMicrophoneEnabled } = useLocalParticipant({ room: line.room });
  const track = microphoneTrack?.track;
  const isOn = isMicrophoneEnabled && track instanceof LocalAudioTrack;
  return {
    hasMicrophone: microphoneTrack !== undefined,
    isMicrophoneOn: isMicrophoneEnabled,
    track: isOn ? track : recordedTrack(line.microphone),
  };
}

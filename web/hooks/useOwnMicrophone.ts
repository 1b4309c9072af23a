import { useLocalParticipant } from "@livekit/components-react";
import { LocalAudioTrack } from "livekit-client";
import { useSyncExternalStore } from "react";

import type { Line } from "@/hooks/line";
import { recordedTrack } from "@/hooks/recordedTrack";
import { canBeHeard, type MicrophoneSigns, NO_SIGNS } from "@/lib/microphoneSigns";

interface OwnMicrophone {
  hasMicrophone: boolean;
  isMicrophoneOn: boolean;
  /** Whether what the caller says can arrive, as far as the microphone goes. */
  isHeard: boolean;
  /** Only while it is on, or recorded: a muted microphone has no level. */
  track: LocalAudioTrack | undefined;
}

/** The caller's own microphone track, as published, or as recorded before that. */
export function useOwnMicrophone(line: Line): OwnMicrophone {
  const { microphoneTrack, isMicrophoneEnabled } = useLocalParticipant({ room: line.room });
  const signs = useMicrophoneSigns(line);
  const track = microphoneTrack?.track;
  const isOn = isMicrophoneEnabled && track instanceof LocalAudioTrack;
  return {
    hasMicrophone: microphoneTrack !== undefined,
    isMicrophoneOn: isMicrophoneEnabled,
    isHeard: canBeHeard(signs, isMicrophoneEnabled),
    track: isOn ? track : recordedTrack(line.microphone),
  };
}

const none = () => NO_SIGNS;

/** What is known of it besides whether it is on. */
export function useMicrophoneSigns({ microphone: { watch } }: Line): MicrophoneSigns {
  return useSyncExternalStore(watch.subscribe, watch.read, none);
}

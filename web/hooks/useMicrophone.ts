import { useLocalParticipant, useMediaDeviceSelect } from "@livekit/components-react";
import { useCallback, useState } from "react";

import type { Line } from "@/hooks/line";
import { rememberMicrophone } from "@/lib/preferences";

export interface Microphone {
  isOn: boolean;
  /** None was opened yet: there is nothing to unmute. */
  isMissing: boolean;
  hasTrouble: boolean;
  devices: { id: string; label: string }[];
  activeId: string;
  toggle: () => void;
  choose: (id: string) => void;
}

/** Mute, and which microphone; the list follows devices that come and go. */
export function useMicrophone(line: Line): Microphone {
  const [hasTrouble, setHasTrouble] = useState(false);
  const { localParticipant, isMicrophoneEnabled, microphoneTrack } = useLocalParticipant({
    room: line.room,
  });
  const selection = useMediaDeviceSelect({
    kind: "audioinput",
    room: line.room,
    // Left out, the hook would open the microphone only to read the labels.
    requestPermissions: false,
  });
  const { setActiveMediaDevice } = selection;

  const attempt = useCallback((work: Promise<unknown>) => {
    work.then(
      () => setHasTrouble(false),
      () => setHasTrouble(true),
    );
  }, []);

  const toggle = useCallback(() => {
    attempt(localParticipant.setMicrophoneEnabled(!isMicrophoneEnabled));
  }, [attempt, localParticipant, isMicrophoneEnabled]);

  const choose = useCallback(
    (id: string) => {
      rememberMicrophone(id);
      attempt(setActiveMediaDevice(id));
    },
    [attempt, setActiveMediaDevice],
  );

  return {
    isOn: isMicrophoneEnabled,
    isMissing: microphoneTrack === undefined,
    hasTrouble,
    devices: selection.devices.map(({ deviceId, label }) => ({ id: deviceId, label })),
    activeId: selection.activeDeviceId,
    toggle,
    choose,
  };
}

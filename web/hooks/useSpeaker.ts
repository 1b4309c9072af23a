import { RoomEvent, supportsAudioOutputSelection } from "livekit-client";
import { useCallback, useEffect, useState } from "react";

import type { Line } from "@/hooks/line";
import { playTone } from "@/hooks/soundCheck";
import { type Device, useDevices } from "@/hooks/useDevices";
import {
  rememberedSpeaker,
  rememberedVolume,
  rememberSpeaker,
  rememberVolume,
} from "@/lib/preferences";

export interface Speaker {
  /** Empty where the browser leaves the choice to the computer. */
  devices: Device[];
  activeId: string | undefined;
  choose: (id: string) => void;
  /** 0 to 1; undefined where only the device's own keys set it. */
  volume: number | undefined;
  setVolume: (volume: number) => void;
  /** A short tone, as loud and where the assistant is heard. */
  test: () => void;
}

/** Phones give a page no say: what is set is not kept. */
function hasVolume(): boolean {
  const audio = document.createElement("audio");
  audio.volume = 0.5;
  return audio.volume === 0.5;
}

/** How loud the assistant is, and where it is heard; the browser remembers both. */
export function useSpeaker(line: Line): Speaker {
  const { room } = line;
  const { devices, activeId } = useDevices("audiooutput", line);
  const [volume, setVolume] = useState(rememberedVolume);
  const [isSettable] = useState(hasVolume);

  useEffect(() => {
    const apply = () => {
      for (const participant of room.remoteParticipants.values()) participant.setVolume(volume);
    };
    apply();
    // Also the assistant that takes over from another one.
    room.on(RoomEvent.ParticipantConnected, apply).on(RoomEvent.TrackSubscribed, apply);
    return () => {
      room.off(RoomEvent.ParticipantConnected, apply).off(RoomEvent.TrackSubscribed, apply);
    };
  }, [room, volume]);

  const remembered = devices.find(({ id }) => id === rememberedSpeaker())?.id;
  useEffect(() => {
    if (remembered === undefined || !supportsAudioOutputSelection()) return;
    room.switchActiveDevice("audiooutput", remembered).catch(() => undefined);
  }, [room, remembered]);

  const choose = useCallback(
    (id: string) => {
      // What cannot be switched stays as it was, and the list shows it.
      room.switchActiveDevice("audiooutput", id).then(
        () => rememberSpeaker(id),
        () => undefined,
      );
    },
    [room],
  );

  return {
    devices: supportsAudioOutputSelection() ? devices : [],
    activeId,
    choose,
    volume: isSettable ? volume : undefined,
    setVolume: (wanted) => {
      setVolume(wanted);
      rememberVolume(wanted);
    },
    test: () => void playTone({ deviceId: activeId, volume }).catch(() => undefined),
  };
}

import { RoomEvent } from "livekit-client";
import { useCallback, useEffect, useState } from "react";

import type { Line } from "@/hooks/line";
import { type Device, useDevices } from "@/hooks/useDevices";

export interface Speaker {
  /** Empty where the browser leaves the choice to the computer. */
  devices: Device[];
  activeId: string | undefined;
  choose: (id: string) => void;
  /** 0 to 1; undefined where only the device's own keys set it. */
  volume: number | undefined;
  setVolume: (volume: number) => void;
}

const canChoose = () => "setSinkId" in HTMLMediaElement.prototype;

/** Phones give a page no say: what is set is not kept. */
function hasVolume(): boolean {
  const audio = document.createElement("audio");
  audio.volume = 0.5;
  return audio.volume === 0.5;
}

/** How loud the assistant is, and where it is heard. */
export function useSpeaker(line: Line): Speaker {
  const { room } = line;
  const { devices, activeId } = useDevices("audiooutput", line);
  const [volume, setVolume] = useState(1);
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

  const choose = useCallback(
    (id: string) => {
      // What cannot be switched stays as it was, and the list shows it.
      room.switchActiveDevice("audiooutput", id).catch(() => undefined);
    },
    [room],
  );

  return {
    devices: canChoose() ? devices : [],
    activeId,
    choose,
    volume: isSettable ? volume : undefined,
    setVolume,
  };
}

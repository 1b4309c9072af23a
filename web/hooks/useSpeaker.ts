import { supportsAudioOutputSelection } from "livekit-client";
import { useEffect, useState } from "react";

import type { Line } from "@/hooks/line";
import { playTone } from "@/hooks/soundCheck";
import { type Device, useDevices } from "@/hooks/useDevices";
import { rememberedSpeaker } from "@/lib/preferences";

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
  const { speaker } = line.voice;
  const { devices, activeId } = useDevices("audiooutput", line);
  const [volume, setVolume] = useState(speaker.volume);
  const [isSettable] = useState(hasVolume);

  const isBack = devices.some(({ id }) => id === rememberedSpeaker());
  useEffect(() => {
    if (isBack) void speaker.useChosen();
  }, [speaker, isBack]);

  return {
    devices: supportsAudioOutputSelection() ? devices : [],
    activeId,
    // What cannot be switched, the list shows as it was.
    choose: (id) => void speaker.choose(id).catch(() => undefined),
    volume: isSettable ? volume : undefined,
    setVolume: (wanted) => {
      setVolume(wanted);
      speaker.setVolume(wanted);
    },
    test: () => void playTone({ deviceId: activeId, volume }).catch(() => undefined),
  };
}

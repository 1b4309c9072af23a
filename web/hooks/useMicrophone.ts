import { useCallback } from "react";

import type { Line } from "@/hooks/line";
import { useAttempts } from "@/hooks/useAttempts";
import { type Device, useDevices } from "@/hooks/useDevices";
import { useMicrophoneSigns, useOwnMicrophone } from "@/hooks/useOwnMicrophone";
import { useLevel } from "@/hooks/useVoiceLevels";
import type { FailureCode } from "@/lib/failure";
import { type MicrophoneSigns, type NoticeCode, noticeOf } from "@/lib/microphoneSigns";
import { canHaveMicrophone } from "@/lib/permission";
import { rememberedMicrophone, rememberMicrophone } from "@/lib/preferences";

export interface Microphone {
  isOn: boolean;
  /** None was opened yet: there is nothing to unmute. */
  isMissing: boolean;
  /** Whether this page can have one at all. */
  isPossible: boolean;
  /** It is being opened; perhaps the browser asks the person. */
  isOpening: boolean;
  /** Why the last thing that was asked of it did not work. */
  trouble: FailureCode | undefined;
  devices: Device[];
  /** Undefined while it is not known, or is none of them. */
  activeId: string | undefined;
  /** What it does of itself, or has stopped doing. */
  notice: NoticeCode | undefined;
  signs: MicrophoneSigns;
  /** How loud it is, in 0..1. */
  readLevel: () => number;
  toggle: () => void;
  turnOff: () => void;
  choose: (id: string) => void;
  /** Unmutes it, opens it, or opens it anew; ends when it is, or could not be. */
  turnOn: () => Promise<void>;
  /** Does again what did not work. */
  retry: () => void;
  /** What is told of it has been read. */
  dismiss: () => void;
}

/** What needs no more than to be known. */
const READ: Partial<MicrophoneSigns> = {
  replaced: undefined,
  hasEcho: false,
  isCallQuality: false,
};

/** Mute, and which microphone; the list follows devices that come and go. */
export function useMicrophone(line: Line): Microphone {
  const { trouble, isOpening, attempt, open, retry, forget } = useAttempts();
  const { microphone } = line;
  const { devices, activeId } = useDevices("audioinput", line);
  const signs = useMicrophoneSigns(line);
  const isOn = signs.held === "on";
  const readLevel = useLevel(useOwnMicrophone(line).track);

  const turnOn = useCallback(
    () => open(() => microphone.turnOn(rememberedMicrophone())),
    [open, microphone],
  );

  // Whatever is being opened, or connected anew, mute works at once.
  const turnOff = useCallback(() => {
    void attempt(microphone.mute());
  }, [attempt, microphone]);

  const toggle = useCallback(() => {
    if (isOn) turnOff();
    else void turnOn();
  }, [isOn, turnOff, turnOn]);

  // What stands behind a trouble has not been read yet.
  const dismiss = useCallback(
    () => (trouble ? forget() : microphone.watch.tell(READ)),
    [trouble, forget, microphone],
  );

  const choose = useCallback(
    (id: string) => {
      void open(async () => {
        await microphone.choose(id);
        rememberMicrophone(id);
      });
    },
    [open, microphone],
  );

  return {
    isOn,
    isMissing: signs.held === "none",
    isPossible: canHaveMicrophone(),
    isOpening,
    trouble,
    devices,
    activeId: devices.some(({ id }) => id === activeId) ? activeId : undefined,
    notice: noticeOf(signs, isOn),
    signs,
    readLevel,
    toggle,
    turnOff,
    choose,
    turnOn,
    retry,
    dismiss,
  };
}

import { createLocalAudioTrack, type LocalAudioTrack } from "livekit-client";

import { isThere } from "@/lib/devices";
import { isMicrophoneKept } from "@/lib/embedded";
import { nameOf } from "@/lib/failure";
import {
  canHaveMicrophone,
  causeOf,
  FrameBlockedError,
  InsecureContextError,
  NoMediaError,
} from "@/lib/permission";

/** Asks for a microphone, once; throws what keeps it from being had. */
export async function openMicrophone(deviceId: string | undefined): Promise<LocalAudioTrack> {
  if (isMicrophoneKept()) throw new FrameBlockedError();
  if (!window.isSecureContext) throw new InsecureContextError();
  if (!canHaveMicrophone()) throw new NoMediaError();
  try {
    return await createWished(deviceId);
  } catch (error) {
    throw await causeOf(error);
  }
}

/** Chromium takes a device that is only preferred for any; a refusal is no reason to ask again. */
async function createWished(deviceId: string | undefined): Promise<LocalAudioTrack> {
  if (deviceId === undefined) return createLocalAudioTrack();
  try {
    return await createLocalAudioTrack({ deviceId: { exact: deviceId } });
  } catch (error) {
    if (nameOf(error) !== "OverconstrainedError") throw error;
    return createLocalAudioTrack();
  }
}

/** Whether the one that was wished for is gone; if it is there, the person has chosen another one. */
export async function isGone({ mediaStreamTrack }: LocalAudioTrack, deviceId: string | undefined) {
  const { deviceId: actualId } = mediaStreamTrack.getSettings();
  if (deviceId === undefined || actualId === undefined || actualId === deviceId) return false;
  return !(await isThere("audioinput", deviceId));
}

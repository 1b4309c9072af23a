import { createLocalAudioTrack, type LocalAudioTrack } from "livekit-client";

import { canHaveMicrophone, causeOf, InsecureContextError, NoMediaError } from "@/lib/permission";

/** Asks for a microphone, once; throws what keeps it from being had. */
export async function openMicrophone(deviceId: string | undefined): Promise<LocalAudioTrack> {
  if (!window.isSecureContext) throw new InsecureContextError();
  if (!canHaveMicrophone()) throw new NoMediaError();
  // A device that must be had, and is not, would be asked for twice: so does a refused one.
  const wish = deviceId === undefined ? {} : { deviceId: { ideal: deviceId } };
  try {
    return await createLocalAudioTrack(wish);
  } catch (error) {
    throw await causeOf(error);
  }
}

/** Whether the one that was wished for is gone; if it is there, the person has chosen another one. */
export async function isGone({ mediaStreamTrack }: LocalAudioTrack, deviceId: string | undefined) {
  const { deviceId: actualId } = mediaStreamTrack.getSettings();
  if (deviceId === undefined || actualId === undefined || actualId === deviceId) return false;
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return devices.every((device) => device.deviceId !== deviceId);
}

/** Whether this page may use the microphone, and why not. */

import { devicesOf } from "@/lib/devices";
import { isMicrophoneKept } from "@/lib/embedded";
import { nameOf } from "@/lib/failure";

/** Browsers give a microphone to secure pages only. */
export class InsecureContextError extends Error {
  override readonly name = "InsecureContextError";
}

/** This browser gives a microphone to no page, as those inside of other apps. */
export class NoMediaError extends Error {
  override readonly name = "NoMediaError";
}

/** The browser has the person's permission, and not the computer's. */
export class SystemBlockedError extends Error {
  override readonly name = "SystemBlockedError";
}

/** The question was put away unanswered, or refused for this once: the browser asks again. */
class DismissedError extends Error {
  override readonly name = "DismissedError";
}

/** The page around this one does not pass the microphone on. */
export class FrameBlockedError extends Error {
  override readonly name = "FrameBlockedError";
}

/** This browser can be in no call, not even by typing: some are built, or set, without WebRTC. */
export class BrowserOldError extends Error {
  override readonly name = "BrowserOldError";
}

export function canHoldCall(): boolean {
  return typeof RTCPeerConnection === "function";
}

/** The browser's own answer to whether this page may use the microphone. */
export async function microphonePermission(): Promise<PermissionStatus | undefined> {
  try {
    return await navigator.permissions.query({ name: "microphone" });
  } catch {
    // Browsers that do not know the name, or the method, throw various things.
    return undefined;
  }
}

/** Whether this page can have a microphone at all. */
export function canHaveMicrophone(): boolean {
  // The property is missing on insecure pages and in some apps' browsers, whatever the types say.
  const devices: MediaDevices | undefined = navigator.mediaDevices;
  return window.isSecureContext && typeof devices?.getUserMedia === "function";
}

/**
 * Whether a microphone may be opened without asking, and there is one; who is not known to agree
 * would be asked.
 */
export async function mayOpenMicrophone(): Promise<boolean> {
  if (!canHaveMicrophone() || isMicrophoneKept() || !(await isAllowed())) return false;
  return (await devicesOf("audioinput")).length > 0;
}

async function isAllowed(): Promise<boolean> {
  return (await microphonePermission())?.state === "granted";
}

/**
 * Whoever has allowed it here, and is refused all the same, is refused by the computer; in a frame
 * that is given no microphone, nobody is asked at all.
 */
export async function causeOf(error: unknown): Promise<unknown> {
  if (nameOf(error) !== "NotAllowedError") return error;
  if (isMicrophoneKept()) return new FrameBlockedError();
  switch ((await microphonePermission())?.state) {
    case "granted":
      return new SystemBlockedError();
    case "prompt":
      return new DismissedError();
    default:
      return error;
  }
}

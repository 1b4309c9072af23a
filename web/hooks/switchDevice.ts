import { type LocalAudioTrack, type Room, Track } from "livekit-client";

import type { CallRoom } from "@/hooks/callRoom";
import { nameOf } from "@/lib/failure";
import { causeOf } from "@/lib/permission";

/** The names of the errors by which a device is missing. */
const GONE: ReadonlySet<string> = new Set(["OverconstrainedError", "NotFoundError"]);

/** A microphone that does not open leaves the one before in its place. */
export async function switchDevice(
  room: CallRoom,
  track: LocalAudioTrack | undefined,
  deviceId: string,
): Promise<void> {
  const before = track?.mediaStreamTrack.getSettings().deviceId;
  try {
    // A room that is looked for has no track that it could switch; it is given ours later.
    if (track && !isIn(room, track)) await track.setDeviceId({ exact: deviceId });
    await room.choose("audioinput", deviceId);
  } catch (error) {
    // LiveKit's client has already let go of it.
    if (before !== undefined) await track?.setDeviceId(before).catch(() => undefined);
    throw await causeOf(error);
  }
}

function isIn({ localParticipant }: Room, track: LocalAudioTrack): boolean {
  return localParticipant.getTrackPublication(Track.Source.Microphone)?.track === track;
}

/** Opens one anew that has ended while no room had it; where none opens it is muted, as in a call. */
export async function revive(track: LocalAudioTrack): Promise<void> {
  // Unmuted, it is opened anyway.
  if (track.isMuted || track.mediaStreamTrack.readyState !== "ended") return;
  try {
    await track.restartTrack();
  } catch (error) {
    const another = GONE.has(nameOf(error)) ? track.setDeviceId("default") : Promise.reject(error);
    // LiveKit's client throws various things.
    await another.catch(() => track.mute());
  }
}

/** Unmutes it, with another device where its own is gone. */
export async function unmuteAny(track: LocalAudioTrack): Promise<void> {
  try {
    await track.unmute();
  } catch (error) {
    if (!GONE.has(nameOf(error))) throw error;
    await track.setDeviceId("default");
    await track.unmute();
  }
}

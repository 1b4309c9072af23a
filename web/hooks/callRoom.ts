import { Room, Track } from "livekit-client";

import { isThere } from "@/lib/devices";
import { mayOpenMicrophone } from "@/lib/permission";
import { rememberedMicrophone, rememberedSpeaker } from "@/lib/preferences";

/**
 * A room that keeps the devices that were chosen. Where a browser lists no device named "default"
 * (Firefox, Safari), LiveKit's client takes the first in the list for the computer's own choice, and
 * moves on to whatever comes to stand before it.
 */
export class CallRoom extends Room {
  private readonly chosen = new Map<MediaDeviceKind, string>();

  /** As the person wants it. Throws what keeps it from being had. */
  async choose(kind: MediaDeviceKind, deviceId: string): Promise<void> {
    await super.switchActiveDevice(kind, deviceId);
    this.noteChosen(kind, deviceId);
  }

  noteChosen(kind: MediaDeviceKind, deviceId: string): void {
    this.chosen.set(kind, deviceId);
  }

  /** For this call: what another page of the browser chooses meanwhile is for that one. */
  chosenFor(kind: "audioinput" | "audiooutput"): string | undefined {
    const remembered = kind === "audioinput" ? rememberedMicrophone : rememberedSpeaker;
    return this.chosen.get(kind) ?? remembered();
  }

  /** As LiveKit's client wants it. */
  override async switchActiveDevice(kind: MediaDeviceKind, deviceId: string, isExact?: boolean) {
    if (await this.isKept(kind)) return false;
    return super.switchActiveDevice(kind, deviceId, isExact);
  }

  private async isKept(kind: MediaDeviceKind): Promise<boolean> {
    if (kind === "videoinput") return false;
    const active = this.inUse(kind);
    if (active === undefined || !(await isThere(kind, active))) return false;
    if (active === this.chosenFor(kind)) return true;
    // Firefox has a person choose as it asks, and would ask again in the middle of the call.
    return kind === "audioinput" && !(await mayOpenMicrophone());
  }

  /** LiveKit's client looks at a track that it has just taken before it notes the track's device. */
  private inUse(kind: MediaDeviceKind): string | undefined {
    const own = this.localParticipant.getTrackPublication(Track.Source.Microphone)?.track;
    // One that is muted is opened again only as it is unmuted.
    const isHeard = kind === "audioinput" && own?.isMuted === false;
    const { deviceId } = isHeard ? own.mediaStreamTrack.getSettings() : {};
    return deviceId ?? this.getActiveDevice(kind);
  }
}

import { Room } from "livekit-client";

import { isThere } from "@/lib/devices";
import { mayOpenMicrophone } from "@/lib/permission";
import { rememberedMicrophone, rememberedSpeaker } from "@/lib/preferences";

/**
 * A room that keeps the devices that were chosen. Where a browser lists no device named "default"
 * (Firefox, Safari), LiveKit's client takes the first in the list for the computer's own choice, and
 * moves on to whatever comes to stand before it.
 */
export class CallRoom extends Room {
  /** As the person wants it. Throws what keeps it from being had. */
  async choose(kind: MediaDeviceKind, deviceId: string): Promise<void> {
    await super.switchActiveDevice(kind, deviceId);
  }

  /** As LiveKit's client wants it. */
  override async switchActiveDevice(kind: MediaDeviceKind, deviceId: string, isExact?: boolean) {
    if (await this.isKept(kind)) return false;
    return super.switchActiveDevice(kind, deviceId, isExact);
  }

  private async isKept(kind: MediaDeviceKind): Promise<boolean> {
    const active = this.getActiveDevice(kind);
    if (active === undefined || !(await isThere(kind, active))) return false;
    const isMicrophone = kind === "audioinput";
    if (active === (isMicrophone ? rememberedMicrophone() : rememberedSpeaker())) return true;
    // Firefox has a person choose as it asks, and would ask again in the middle of the call.
    return isMicrophone && !(await mayOpenMicrophone());
  }
}

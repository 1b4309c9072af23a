import {
  createLocalAudioTrack,
  LocalAudioTrack,
  type LocalTrackPublication,
  ParticipantEvent,
  type Room,
  Track,
} from "livekit-client";

import type { ReturnRequest } from "@/lib/callRequest";
import { InsecureContextError } from "@/lib/failure";
import type { KeptMicrophone } from "@/lib/ticket";

/** The caller's microphone through one call: it outlives a connection that is lost. */
export class CallMicrophone {
  private track: LocalAudioTrack | undefined;

  constructor(
    private readonly room: Room,
    private readonly signal: AbortSignal,
    onChange: () => void,
  ) {
    // One that is turned on later, by a button, is the same to all that follows.
    const own = room.localParticipant;
    own.on(ParticipantEvent.LocalTrackPublished, ({ track }: LocalTrackPublication) => {
      if (track instanceof LocalAudioTrack && track.source === Track.Source.Microphone) {
        this.track = track;
      }
      onChange();
    });
    own.on(ParticipantEvent.TrackMuted, onChange).on(ParticipantEvent.TrackUnmuted, onChange);
  }

  get isOpen(): boolean {
    return this.track !== undefined;
  }

  get state(): KeptMicrophone {
    if (!this.track) return "none";
    return this.track.isMuted ? "muted" : "on";
  }

  /** What is said while the connection is still being made reaches the bot as a recording. */
  async openToRecord(deviceId: string | undefined): Promise<void> {
    (await this.open(deviceId)).startPreConnectBuffer();
  }

  /** As it was when the page was left. A call without it is better than none; a button opens it. */
  async openAgain(state: KeptMicrophone, request: Omit<ReturnRequest, "kept">): Promise<void> {
    if (state === "none" || !(request.mayAsk || (await mayOpenMicrophone()))) return;
    try {
      const track = await this.open(request.microphoneId);
      if (state === "muted") await track.mute();
    } catch {
      // Refused, unplugged or taken: LiveKit throws various things.
      this.close();
    }
  }

  close(): void {
    this.track?.stop();
    this.track = undefined;
  }

  /** Lets the room hear it; what was recorded since it was opened goes ahead, if it was. */
  async publish(): Promise<void> {
    if (!this.track) return;
    await this.room.localParticipant.publishTrack(this.track, { preConnectBuffer: true });
  }

  /** After a way back: a microphone that broke meanwhile is opened anew, or is missing. */
  async publishAgain(): Promise<void> {
    const { track } = this;
    if (!track) return;
    if (track.mediaStreamTrack.readyState === "ended") await track.restartTrack();
    await this.room.localParticipant.publishTrack(track);
  }

  private async open(deviceId: string | undefined): Promise<LocalAudioTrack> {
    // The property is missing on insecure pages whatever the types say.
    const devices: MediaDevices | undefined = navigator.mediaDevices;
    if (!window.isSecureContext || !devices) throw new InsecureContextError();
    const track = await createLocalAudioTrack(deviceId ? { deviceId } : {});
    if (this.signal.aborted) {
      track.stop();
      this.signal.throwIfAborted();
    }
    this.track = track;
    return track;
  }
}

/** Whether a microphone may be opened without asking; who is not known to agree would be asked. */
async function mayOpenMicrophone(): Promise<boolean> {
  try {
    const { state } = await navigator.permissions.query({ name: "microphone" });
    return state === "granted";
  } catch {
    // Browsers that do not know the name, or the method, throw various things.
    return false;
  }
}

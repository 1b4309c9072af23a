import { ConnectionState, LocalAudioTrack, ParticipantEvent, Track } from "livekit-client";

import type { CallRoom } from "@/hooks/callRoom";
import { MicrophoneWatch } from "@/hooks/microphoneWatch";
import { isGone, openMicrophone } from "@/hooks/openMicrophone";
import { revive, switchDevice, unmuteAny } from "@/hooks/switchDevice";
import type { ReturnRequest } from "@/lib/callRequest";
import { causeOf, mayOpenMicrophone } from "@/lib/permission";
import type { KeptMicrophone } from "@/lib/ticket";

/** The caller's microphone through one call: it outlives a connection that is lost. */
export class CallMicrophone {
  readonly watch = new MicrophoneWatch(() => void this.turnOn(undefined).catch(() => undefined));
  track: LocalAudioTrack | undefined;

  constructor(
    private readonly room: CallRoom,
    private readonly signal: AbortSignal,
    onChange: () => void,
  ) {
    // One that is turned on later, by a button, is the same to all that follows.
    room.localParticipant.on(ParticipantEvent.LocalTrackPublished, ({ track }) => {
      if (track instanceof LocalAudioTrack) this.hold(track);
    });
    // That it is let go, with the call or with a page that breaks, is no change to remember.
    this.watch.subscribe(() => this.isOpen && onChange());
  }

  get isOpen(): boolean {
    return this.track !== undefined;
  }

  get state(): KeptMicrophone {
    return this.watch.read().held;
  }

  /** What is said while the connection is still being made reaches the bot as a recording. */
  async openToRecord(deviceId: string | undefined): Promise<void> {
    const track = await this.open(deviceId);
    try {
      track.startPreConnectBuffer();
    } catch {
      // Browsers throw various things. A recording that was announced would be waited for.
      track.stopPreConnectBuffer();
    }
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
    this.watch.stop();
  }

  /** Lets the room hear it; what was recorded since it was opened goes ahead, if it was. */
  async publish(): Promise<void> {
    const { track } = this;
    if (!track) return;
    await revive(track);
    await this.room.localParticipant.publishTrack(track, { preConnectBuffer: true });
  }

  /** During the call: unmutes it, with another device if its own is gone, or opens one. */
  async turnOn(deviceId: string | undefined): Promise<void> {
    const { track } = this;
    const own = this.room.localParticipant;
    try {
      if (!track) await this.open(deviceId);
      else if (track.isMuted) await unmuteAny(track);
      else await track.restartTrack();
      // A room that is looked for is given it once it is found.
      const isJoined = this.room.state === ConnectionState.Connected;
      if (isJoined && !own.getTrackPublication(Track.Source.Microphone)) await this.publish();
    } catch (error) {
      if (!track) this.close();
      throw await causeOf(error);
    }
  }

  mute = async (): Promise<unknown> => this.track?.mute();

  choose = (deviceId: string): Promise<void> => switchDevice(this.room, this.track, deviceId);

  private async open(deviceId: string | undefined): Promise<LocalAudioTrack> {
    const track = await openMicrophone(deviceId);
    if (deviceId !== undefined) this.room.noteChosen("audioinput", deviceId);
    if (this.signal.aborted) {
      track.stop();
      this.signal.throwIfAborted();
    }
    this.hold(track);
    if (await isGone(track, deviceId)) this.watch.tell({ replaced: { before: undefined } });
    return track;
  }

  private hold(track: LocalAudioTrack): void {
    this.track = track;
    this.watch.follow(track);
  }
}

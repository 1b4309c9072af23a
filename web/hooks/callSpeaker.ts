import { RoomEvent, supportsAudioOutputSelection } from "livekit-client";

import type { CallRoom } from "@/hooks/callRoom";
import { isThere } from "@/lib/devices";
import { rememberedVolume, rememberSpeaker, rememberVolume } from "@/lib/preferences";

/** Where and how loud the assistant is heard in one call, from its first word on. */
export class CallSpeaker {
  /** 0 to 1. */
  volume = rememberedVolume();

  constructor(private readonly room: CallRoom) {
    // Also the assistant that takes over from another one.
    room.on(RoomEvent.ParticipantConnected, this.apply).on(RoomEvent.TrackSubscribed, this.apply);
  }

  /** Before a call: another tab may have chosen since this page was loaded. */
  prepare(): void {
    this.volume = rememberedVolume();
    void this.useChosen();
  }

  setVolume(volume: number): void {
    this.volume = volume;
    rememberVolume(volume);
    this.apply();
  }

  /** What cannot be switched stays as it was. */
  async choose(deviceId: string): Promise<void> {
    await this.room.choose("audiooutput", deviceId);
    rememberSpeaker(deviceId);
  }

  /** One that is gone is left alone; LiveKit's client would take it for the one in use. */
  async useChosen(): Promise<void> {
    const chosen = this.room.chosenFor("audiooutput");
    if (chosen === undefined || !supportsAudioOutputSelection()) return;
    if (await isThere("audiooutput", chosen))
      await this.room.choose("audiooutput", chosen).catch(() => undefined);
  }

  private readonly apply = () => {
    for (const participant of this.room.remoteParticipants.values())
      participant.setVolume(this.volume);
  };
}

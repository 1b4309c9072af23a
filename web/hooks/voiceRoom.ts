import { RoomEvent } from "livekit-client";

import { CallMicrophone } from "@/hooks/callMicrophone";
import { CallRoom } from "@/hooks/callRoom";
import { CallSpeaker } from "@/hooks/callSpeaker";
import { after } from "@/hooks/pause";
import { quietLog } from "@/hooks/quietLog";
import type { Session } from "@/lib/api";
import { BotClocks } from "@/lib/botClocks";
import { Bots } from "@/lib/bots";
import { callClock } from "@/lib/callClock";
import { CallLength } from "@/lib/callLength";
import { VoiceUnreachableError } from "@/lib/failure";
import { Holder } from "@/lib/holder";
import { provideRandomUuid } from "@/lib/randomUuid";

/** Leaving takes a moment; a connection that hangs keeps nobody in a call that is over. */
const LEAVE_LIMIT_MS = 2_000;
/** On the way back a server that says nothing is asked again, sooner than LiveKit's client would. */
const RETURN_LIMITS = { websocketTimeout: 8_000, peerConnectionTimeout: 8_000, maxRetries: 0 };

/** The room of one call and the microphone that is heard there. It is entered again after a loss. */
export class VoiceRoom {
  readonly room: CallRoom;
  readonly microphone: CallMicrophone;
  readonly speaker: CallSpeaker;
  readonly bots = new Bots();
  readonly clocks = new BotClocks();
  readonly length = new CallLength();
  readonly holder: Holder;

  constructor(
    private readonly signal: AbortSignal,
    onChange: () => void,
  ) {
    provideRandomUuid();
    this.holder = new Holder(onChange);
    quietLog();
    this.room = new CallRoom({
      publishDefaults: { dtx: true, red: true },
      // A lost connection takes no microphone along, and a `beforeunload` may end in staying.
      stopLocalTrackOnUnpublish: false,
      disconnectOnPageLeave: false,
    });
    // LiveKit's client comes back by itself as well.
    this.room.on(RoomEvent.Reconnected, () => callClock.set());
    this.microphone = new CallMicrophone(this.room, signal, onChange);
    this.speaker = new CallSpeaker(this.room);
  }

  seek(...way: Parameters<Holder["seek"]>): void {
    this.holder.seek(...way);
    this.speaker.prepare();
  }

  async enter(session: Session): Promise<void> {
    this.length.begin();
    callClock.set();
    this.seek({ sessionId: session.session_id }, true);
    await this.join(async () => {
      await this.room.connect(session.server_url, session.participant_token);
      this.signal.throwIfAborted();
      await this.microphone.publish();
    });
  }

  /** A microphone that is not taken is off, and can be turned on; the call goes on. */
  async enterAgain(session: Session): Promise<void> {
    // The computer may have slept, which not all of them count.
    callClock.set();
    await this.drop(false);
    void this.speaker.useChosen();
    await this.join(async () => {
      await this.room.connect(session.server_url, session.participant_token, RETURN_LIMITS);
      this.signal.throwIfAborted();
      await this.microphone.publish().catch(() => this.microphone.mute());
    });
    this.length.told(session.lived_secs);
  }

  async leave(): Promise<void> {
    this.microphone.close();
    await this.disconnect(true);
    // LiveKit's client closes its sound with a connection only, and opens it with the click.
    this.room["releaseAudioContext"]().catch(() => undefined);
  }

  /** Leaves the room; whoever is in no room has no place in the call. */
  async disconnect(stopTracks: boolean): Promise<void> {
    this.holder.release();
    await this.drop(stopTracks);
  }

  /** Never throws: whatever gets in the way of LiveKit's client, what follows has to be done. */
  private async drop(stopTracks: boolean): Promise<void> {
    const dropped = this.room.disconnect(stopTracks).catch(() => undefined);
    await Promise.race([dropped, after(LEAVE_LIMIT_MS)]);
  }

  /** A room that is lost again while it is joined is not joined, whatever else says so. */
  private async join(join: () => Promise<void>): Promise<void> {
    let drop: () => void = () => undefined;
    const dropped = new Promise<never>((_resolve, reject) => {
      drop = () => reject(new Error("The room was lost."));
      this.room.once(RoomEvent.Disconnected, drop);
    });
    // From here on the server has put out whoever was in it by the same ticket.
    const take = () => this.signal.aborted || this.holder.take();
    this.room.once(RoomEvent.SignalConnected, take);
    try {
      await Promise.race([join(), dropped]);
    } catch (error) {
      this.signal.throwIfAborted();
      throw new VoiceUnreachableError("The room could not be joined.", { cause: error });
    } finally {
      this.room.off(RoomEvent.Disconnected, drop);
      this.room.off(RoomEvent.SignalConnected, take);
    }
  }
}

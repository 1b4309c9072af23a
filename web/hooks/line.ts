import {
  createLocalAudioTrack,
  DisconnectReason,
  type LocalAudioTrack,
  Room,
  RoomEvent,
} from "livekit-client";

import { showKey } from "@/lib/access";
import { createSession, endSession, newIdempotencyKey, type Session } from "@/lib/api";
import { InsecureContextError, VoiceUnreachableError } from "@/lib/failure";

/** What the caller asked for with the click. */
export interface CallRequest {
  withMicrophone: boolean;
  microphoneId?: string | undefined;
  joinCode?: string | undefined;
  invite?: string | undefined;
}

/** Leaving takes a moment; a connection that hangs keeps nobody in a call that is over. */
const LEAVE_LIMIT_MS = 2_000;

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export type LineStep = "microphone_opened" | "session_created" | "room_joined";

/** What one call holds open: microphone, session, room. Opened once, closed once, never reused. */
export class Line {
  readonly room = new Room({ publishDefaults: { dtx: true, red: true } });
  private readonly abort = new AbortController();
  private session: Session | undefined;
  private microphone: LocalAudioTrack | undefined;
  private hasBegun = false;

  constructor(private readonly apiUrl: string) {
    this.room.once(RoomEvent.Disconnected, (reason) => {
      // With its room the session is gone too; there is nothing left to end.
      if (reason === DisconnectReason.ROOM_DELETED) this.session = undefined;
    });
  }

  get isClosed(): boolean {
    return this.abort.signal.aborted;
  }

  /** Whether `open` was called: a line is used once, also by clicks that come too quickly. */
  get isUsed(): boolean {
    return this.hasBegun;
  }

  /** Must be called inside the click: browsers unlock sound only there. */
  async open(request: CallRequest, onStep: (step: LineStep) => void): Promise<void> {
    this.hasBegun = true;
    this.room.startAudio().catch(() => undefined);
    if (request.withMicrophone) await this.openMicrophone(request.microphoneId);
    onStep("microphone_opened");
    const { signal } = this.abort;
    if (request.invite !== undefined) await showKey(this.apiUrl, request.invite, signal);
    const session = await createSession({
      apiUrl: this.apiUrl,
      idempotencyKey: newIdempotencyKey(),
      joinCode: request.joinCode,
      signal,
    });
    this.session = session;
    onStep("session_created");
    await this.join(session);
    onStep("room_joined");
  }

  /** Leaves the room and ends the call on the server. Safe at any moment, and twice. */
  async close(): Promise<void> {
    const { isClosed } = this;
    this.abort.abort();
    this.microphone?.stop();
    // Leaving comes first: a room deleted around us would look like a broken connection.
    await Promise.race([this.room.disconnect(), after(LEAVE_LIMIT_MS)]);
    if (this.session && !isClosed) await endSession(this.apiUrl, this.session);
  }

  /** The page is going away: nothing can be awaited any more. */
  abandon(): void {
    if (this.session && !this.isClosed) void endSession(this.apiUrl, this.session);
  }

  private async openMicrophone(deviceId: string | undefined): Promise<void> {
    // The property is missing on insecure pages whatever the types say.
    const devices: MediaDevices | undefined = navigator.mediaDevices;
    if (!window.isSecureContext || !devices) throw new InsecureContextError();
    const track = await createLocalAudioTrack(deviceId ? { deviceId } : {});
    if (this.abort.signal.aborted) {
      track.stop();
      this.abort.signal.throwIfAborted();
    }
    // What is said while the connection is still being made reaches the bot as a recording.
    track.startPreConnectBuffer();
    this.microphone = track;
  }

  private async join(session: Session): Promise<void> {
    try {
      await this.room.connect(session.server_url, session.participant_token);
      this.abort.signal.throwIfAborted();
      if (this.microphone) {
        await this.room.localParticipant.publishTrack(this.microphone, { preConnectBuffer: true });
      }
    } catch (error) {
      this.abort.signal.throwIfAborted();
      throw new VoiceUnreachableError("The room could not be joined.", { cause: error });
    }
  }
}

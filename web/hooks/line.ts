import { DisconnectReason, RoomEvent } from "livekit-client";

import { HeldSession } from "@/hooks/heldSession";
import { SessionStart } from "@/hooks/sessionStart";
import { VoiceRoom } from "@/hooks/voiceRoom";
import { findWayBack } from "@/hooks/wayBack";
import { showKey } from "@/lib/access";
import type { CallRequest, OnStep, ReturnRequest } from "@/lib/callRequest";
import { isRefused, type OnKept } from "@/lib/resume";

/** What one call holds open: microphone, session, room. Opened once, closed once, never reused. */
export class Line {
  private readonly abort = new AbortController();
  private readonly voice = new VoiceRoom(this.abort.signal, () => this.held.keep());
  readonly room = this.voice.room;
  readonly microphone = this.voice.microphone;
  readonly held: HeldSession;
  private readonly sessionStart: SessionStart;
  private stage: "new" | "opening" | "joined" | "away" | "returning" = "new";
  private onKept: OnKept | undefined;

  constructor(private readonly apiUrl: string) {
    this.held = new HeldSession(apiUrl, this.microphone);
    this.sessionStart = new SessionStart(apiUrl, this.abort.signal);
    this.room.on(RoomEvent.Disconnected, (reason) => {
      if (reason === DisconnectReason.ROOM_DELETED) this.held.drop();
    });
  }

  get isClosed(): boolean {
    return this.abort.signal.aborted;
  }

  /** Whether it was opened: a line is used once, also by clicks that come too quickly. */
  get isUsed(): boolean {
    return this.stage !== "new";
  }

  /** Whether the room carries the call, so that it can be lost. */
  get isJoined(): boolean {
    return this.stage === "joined";
  }

  /** Whether the call was left with the page, and the page is there again. */
  get isAway(): boolean {
    return this.stage === "away";
  }

  /** Why the server has ended the call, if it has and says so; never that the caller has. */
  async whyEnded(): Promise<string | undefined> {
    const state = await this.held.askState();
    return state?.isEnded && state.reason !== "caller_left" ? state.reason : undefined;
  }

  /** What was said before is told once the way back is found. */
  tellKept(listener: OnKept | undefined): void {
    this.onKept = listener;
  }

  /** Must be called inside the click: browsers unlock sound only there. */
  async open(request: CallRequest, onStep: OnStep): Promise<void> {
    this.begin();
    const { microphone } = this;
    const { withMicrophone, microphoneId, invite, attempt } = request;
    if (withMicrophone) await microphone.openToRecord(microphoneId);
    onStep({ type: "microphone_opened" });
    if (invite !== undefined) await showKey(this.apiUrl, invite, this.abort.signal);
    const session = await this.sessionStart.run(attempt, (place) => {
      // Nobody listens to those who wait, and nothing they say is kept.
      microphone.close();
      onStep({ type: "queued", place });
    });
    this.held.take(session);
    if (session.captions) this.onKept?.(session.captions);
    onStep({ type: "session_created" });
    if (withMicrophone && !microphone.isOpen) await microphone.openToRecord(microphoneId);
    await this.voice.enter(session);
    this.stage = "joined";
    onStep({ type: "room_joined" });
  }

  /** Goes on with a call that this page was in before, or that another tab has. */
  async openAgain({ kept, ...request }: ReturnRequest, onStep: OnStep): Promise<void> {
    this.begin();
    await this.microphone.openAgain(kept.microphone, request);
    this.held.ticket = kept;
    await this.comeBack();
    onStep({ type: "room_joined" });
  }

  /** Looks for the way back into the call; throws if there is none. */
  async comeBack(): Promise<void> {
    this.stage = "returning";
    const way = { apiUrl: this.apiUrl, held: this.held, signal: this.abort.signal };
    await findWayBack(way, async ({ session, captions }) => {
      await way.held.follow(session);
      if (captions) this.onKept?.(captions);
      await this.voice.enterAgain(session);
    }).catch((error: unknown) => {
      if (isRefused(error)) way.held.drop();
      throw error;
    });
    this.stage = "joined";
  }

  /** Leaves the room and ends the call on the server. Safe at any moment, and twice. */
  async close(): Promise<void> {
    const { isClosed } = this;
    this.abort.abort();
    if (!isClosed) this.held.forget();
    // The page may go while its room is still being left.
    const end = () => void this.held.end();
    window.addEventListener("pagehide", end);
    // Leaving comes first: a room deleted around us would look like a broken connection.
    await this.voice.leave();
    if (!isClosed) await this.held.end();
    window.removeEventListener("pagehide", end);
  }

  /** The call goes on in another tab. */
  async handOver(): Promise<void> {
    this.held.handOver();
    this.abort.abort();
    await this.voice.leave();
  }

  /** The page is going away, perhaps only to come again: nothing can be awaited any more. */
  abandon(): void {
    if (this.isClosed) return;
    this.sessionStart.leave();
    this.held.endUnlessKept();
    if (this.stage === "joined") this.stage = "away";
    void this.room.disconnect(false);
  }

  /** The page has broken: it is left as if it went away, and nothing of the call goes on in it. */
  async leaveBehind(): Promise<void> {
    this.abandon();
    this.abort.abort();
    await this.voice.leave();
  }

  private begin(): void {
    this.stage = "opening";
    this.room.startAudio().catch(() => undefined);
  }
}

import { DisconnectReason, RoomEvent } from "livekit-client";

import { CallOpening } from "@/hooks/callOpening";
import { HeldSession } from "@/hooks/heldSession";
import { SessionStart } from "@/hooks/sessionStart";
import { VoiceRoom } from "@/hooks/voiceRoom";
import { findWayBack } from "@/hooks/wayBack";
import type { CallRequest, OnStep, ReturnRequest } from "@/lib/callRequest";
import { BrowserOldError, canHoldCall } from "@/lib/permission";
import type { OnKept } from "@/lib/resume";

/** What one call holds open: microphone, session, room. Opened once, closed once, never reused. */
export class Line {
  private readonly abort = new AbortController();
  readonly voice = new VoiceRoom(this.abort.signal, () => this.held.keep());
  readonly room = this.voice.room;
  readonly microphone = this.voice.microphone;
  readonly held: HeldSession;
  private readonly sessionStart: SessionStart;
  /** `joined`: the room carries the call, which can be lost; `away`: it was left with the page. */
  stage: "new" | "opening" | "joined" | "away" | "returning" = "new";
  private onKept: OnKept | undefined;

  constructor(private readonly apiUrl: string) {
    this.held = new HeldSession(apiUrl, this.microphone, this.voice.holder);
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

  /** What was said before is told once the way back is found. */
  tellKept(listener: OnKept | undefined): void {
    this.onKept = listener;
  }

  /** Must be called inside the click: browsers unlock sound only there. */
  async open(request: CallRequest, onStep: OnStep): Promise<void> {
    this.begin();
    const { apiUrl, held, microphone, sessionStart } = this;
    held.isAnew = request.attempt.continues === undefined;
    const parts = { apiUrl, held, microphone, sessionStart, signal: this.abort.signal };
    const session = await new CallOpening(parts, request, onStep).run();
    if (session.captions) this.onKept?.(session.captions);
    await this.voice.enter(session);
    this.stage = "joined";
    onStep({ type: "room_joined" });
  }

  /** Goes on with a call that this page was in before, or that another tab has. */
  async openAgain({ kept, ...request }: ReturnRequest, onJoined: () => void): Promise<void> {
    this.begin();
    this.held.given = kept;
    this.voice.seek(kept, request.mayAsk);
    await this.microphone.openAgain(kept.microphone, request);
    this.held.ticket = kept;
    await this.comeBack();
    onJoined();
  }

  /** Looks for the way back into the call; throws if there is none. */
  async comeBack(): Promise<void> {
    this.stage = "returning";
    const { apiUrl, held, abort, voice } = this;
    const way = { apiUrl, held, signal: abort.signal, holder: voice.holder };
    await findWayBack(way, async ({ session, captions }) => {
      await held.follow(session);
      if (captions) this.onKept?.(captions);
      await this.voice.enterAgain(session);
    });
    this.stage = "joined";
  }

  /** Leaves the room and ends the call on the server. Safe at any moment, and twice. */
  async close(): Promise<void> {
    const { isClosed } = this;
    this.abort.abort();
    if (!isClosed) this.held.forget();
    // Leaving comes first: a room deleted around us would look like a broken connection.
    await this.voice.leave();
    if (!isClosed) await this.held.end();
  }

  /** The call goes on in another tab. */
  async handOver(): Promise<void> {
    this.held.handOver();
    await this.leaveBehind(true);
  }

  /** The page is going away, perhaps only to come again: nothing can be awaited any more. */
  abandon(): void {
    if (this.isClosed) return;
    this.sessionStart.leave();
    this.held.endUnlessKept();
    if (this.stage === "joined") this.stage = "away";
    void this.voice.disconnect(false);
  }

  /** Nothing goes on here: the page has broken, or it stays and finds the call by another line. */
  async leaveBehind(isStaying = false): Promise<void> {
    if (!isStaying) this.abandon();
    this.abort.abort();
    await this.voice.leave();
  }

  private begin(): void {
    if (!canHoldCall()) throw new BrowserOldError(); // before a microphone is asked for
    this.stage = "opening";
    this.room.startAudio().catch(() => undefined);
  }
}

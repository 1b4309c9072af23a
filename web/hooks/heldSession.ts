import { endSession, type Session } from "@/lib/api";
import { RESUME_SECS, sessionOf } from "@/lib/resume";
import { stateOf } from "@/lib/sessionState";
import type { KeptMicrophone, KeptTicket, Ticket } from "@/lib/ticket";
import { forgetLast, forgetTicket, keepLast, keepTicket } from "@/lib/ticket";

/** The session of one call, and the ticket that leads back to it. */
export class HeldSession {
  ticket: Ticket | undefined;
  /** The one that the page came with: until the search begins it is only there to end the call. */
  given: KeptTicket | undefined;
  /** It goes on with no talk before: once it has begun, nobody is asked about that again. */
  isAnew = false;
  /** Also of a session that is gone: its end can still be asked about. */
  newest?: Session;
  private session: Session | undefined;
  /** Leads to a call that is to be ended, but was not found again. */
  private lastTicket: Ticket | undefined;
  private isGone = false;
  private isKept = false;

  constructor(
    private readonly apiUrl: string,
    private readonly microphone: { state: KeptMicrophone },
    private readonly holder: { last: string },
  ) {}

  /** How long the server waits for a caller who is away. */
  get resumeMs(): number {
    return (this.session?.resume_secs ?? RESUME_SECS) * 1000;
  }

  take(session: Session): void {
    this.session = session;
    this.newest = session;
    this.isGone = false;
    const { session_id: sessionId, resume_ticket: ticket } = session;
    // Whether something was said in it is known of a call that is come back to.
    const { isContinuable = false } = this.ticket ?? {};
    if (ticket !== undefined) this.ticket = { sessionId, ticket, isContinuable };
    this.keep();
  }

  /** The talk has begun: from now on it is this one that there is to go on with after the end. */
  noteTalk(): void {
    if (this.isAnew) forgetLast();
    if (!this.ticket || !this.session?.is_kept) return;
    this.ticket = { ...this.ticket, isContinuable: true };
    this.keep();
  }

  /** Goes on with it. A page may reach only the server it was loaded for: another one takes a reload. */
  async follow(session: Session): Promise<void> {
    const before = this.session?.server_url ?? session.server_url;
    this.take(session);
    if (before === session.server_url || !this.isKept) return;
    window.location.reload();
    await new Promise(() => undefined); // nothing goes on in this page
  }

  /** The way back as it is to be found again; undefined where there is none. */
  get kept(): KeptTicket | undefined {
    const now = { microphone: this.microphone.state, holder: this.holder.last, isElsewhere: false };
    return this.ticket && { ...this.ticket, ...now };
  }

  /** Remembers the way back for this tab. */
  keep(): void {
    if (this.kept) this.isKept = keepTicket(this.kept);
  }

  /** Why the server has ended it, if it has and says so; never that the caller has. */
  async whyEnded(): Promise<string | undefined> {
    const state = this.newest && (await stateOf(this.apiUrl, this.newest));
    return state?.isEnded && state.reason !== "caller_left" ? state.reason : undefined;
  }

  /** It is gone, or somebody else's: there is nothing left to end. */
  drop(): void {
    this.session = undefined;
    this.lastTicket = undefined;
    this.isGone = true;
  }

  /** Another tab has it: there is nothing to end, and no way back unasked. */
  handOver(): void {
    const left = this.kept ?? this.given;
    if (left) keepTicket({ ...left, isElsewhere: true });
    this.ticket = undefined;
    this.drop();
  }

  /** Ends it on the server, once. */
  async end(): Promise<void> {
    const { lastTicket, session: held } = this;
    this.drop();
    window.removeEventListener("pagehide", this.endNow);
    // Only a token ends a call, and only its ticket brings one to a page that has just been loaded.
    const session = held ?? (lastTicket && (await sessionOf(this.apiUrl, lastTicket)));
    if (session) await endSession(this.apiUrl, session);
  }

  /** Nobody can come back without the ticket: then leaving the page is the end of the call. */
  endUnlessKept(): void {
    if (!this.isKept) void this.end();
  }

  /** There is no way back into it any more, at most one on from it. */
  forget(): void {
    const left = this.kept ?? this.given;
    if (left) keepLast(left);
    this.lastTicket = this.isGone ? undefined : left;
    this.ticket = undefined;
    forgetTicket();
    // The page may go before its room is left and the session ended.
    window.addEventListener("pagehide", this.endNow);
  }

  private readonly endNow = () => void this.end();
}

import { pause, unlessAborted } from "@/hooks/pause";
import {
  createSession,
  endSession,
  leaveQueue,
  newIdempotencyKey,
  type Place,
  type Session,
} from "@/lib/api";
import type { Attempt } from "@/lib/attempt";
import { ApiError, REQUEST_TIMEOUT_MS, UnreachableError } from "@/lib/http";
import { stateOf } from "@/lib/sessionState";

/** A server that has not been reached for so long has given the place away. */
const PLACE_KEPT_MS = 60_000;
const ASK_AGAIN_SECS = 2;

/** One wish for a session: where all are busy it waits in the queue, under one key. */
export class SessionStart {
  private attempt: Attempt | undefined;
  private isQueued = false;

  constructor(
    private readonly apiUrl: string,
    private readonly signal: AbortSignal,
  ) {}

  /** Whoever gives up, by aborting, leaves the queue too. */
  async run(attempt: Attempt, onPlace: (place: number) => void): Promise<Session> {
    this.attempt = attempt;
    const { signal } = this;
    let placedAtMs = 0;
    try {
      for (;;) {
        const answer = await this.ask().catch((error: unknown): Pick<Place, "retryAfterSecs"> => {
          const isKept = this.isQueued && performance.now() - placedAtMs < PLACE_KEPT_MS;
          if (isKept && isPassing(error)) return { retryAfterSecs: ASK_AGAIN_SECS };
          throw error;
        });
        if ("session_id" in answer) return answer;
        if ("place" in answer) {
          this.isQueued = true;
          placedAtMs = performance.now();
          onPlace(answer.place);
        }
        await pause(answer.retryAfterSecs * 1000, signal);
      }
    } catch (error) {
      if (signal.aborted) this.leave();
      throw error;
    } finally {
      this.isQueued = false;
    }
  }

  leave(): void {
    if (this.isQueued && this.attempt) void leaveQueue({ apiUrl: this.apiUrl, ...this.attempt });
  }

  /** Whoever gives up is asked for nothing more; what still comes for them is ended. */
  private async ask(): Promise<Session | Place> {
    const asking = this.askTwice();
    try {
      return await unlessAborted(asking, this.signal);
    } catch (error) {
      if (this.signal.aborted) asking.then(this.endLate, () => undefined);
      throw error;
    }
  }

  private readonly endLate = (answer: Session | Place) => {
    if ("session_id" in answer) void endSession(this.apiUrl, answer);
    else if (this.attempt) void leaveQueue({ apiUrl: this.apiUrl, ...this.attempt });
  };

  /** What got lost on the way is asked for once more, within the same time. */
  private async askTwice(): Promise<Session | Place> {
    const untilMs = performance.now() + REQUEST_TIMEOUT_MS;
    try {
      return await this.askOnce(REQUEST_TIMEOUT_MS);
    } catch (error) {
      // A limit is of whole milliseconds.
      const leftMs = Math.ceil(untilMs - performance.now());
      // Whoever waits in the queue asks again anyway.
      if (!(error instanceof UnreachableError) || this.isQueued || leftMs <= 0) throw error;
      return this.askOnce(leftMs);
    }
  }

  private async askOnce(limitMs: number): Promise<Session | Place> {
    const { apiUrl, attempt } = this;
    if (!attempt) throw new Error("Nothing is wished for.");
    const answer = await createSession({ apiUrl, ...attempt, limitMs });
    if (!attempt.isAskedAgain || !("session_id" in answer)) return answer;
    // The server says the same as it said before, also when nobody came and it has ended it.
    if (!(await stateOf(apiUrl, answer))?.isEnded) return answer;
    this.attempt = { ...attempt, idempotencyKey: newIdempotencyKey(), isAskedAgain: false };
    return this.askOnce(limitMs);
  }
}

/** The place is kept while the server is not reached, or does not reach its rooms. */
function isPassing(error: unknown): boolean {
  const isRoomless = error instanceof ApiError && error.code === "livekit_unreachable";
  return error instanceof UnreachableError || isRoomless;
}

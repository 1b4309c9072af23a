import { pause } from "@/hooks/pause";
import {
  createSession,
  type CreateSessionOptions,
  leaveQueue,
  newIdempotencyKey,
  type Place,
  type Session,
} from "@/lib/api";
import { ApiError, UnreachableError } from "@/lib/http";

/** A server that has not been reached for so long has given the place away. */
const PLACE_KEPT_MS = 60_000;
const ASK_AGAIN_SECS = 2;

/** One wish for a session: where all are busy it waits in the queue, under one key. */
export class SessionStart {
  isQueued = false;
  private readonly idempotencyKey = newIdempotencyKey();

  constructor(
    private readonly apiUrl: string,
    private readonly signal: AbortSignal,
  ) {}

  /** Whoever gives up, by aborting, leaves the queue too. */
  async run(
    wish: Pick<CreateSessionOptions, "joinCode" | "continues">,
    onPlace: (place: number) => void,
  ): Promise<Session> {
    const { signal } = this;
    let placedAtMs = 0;
    try {
      for (;;) {
        const answer = await createSession({ ...this.names, ...wish, signal }).catch(
          (error: unknown): Pick<Place, "retryAfterSecs"> => {
            const isKept = this.isQueued && Date.now() - placedAtMs < PLACE_KEPT_MS;
            if (isKept && isPassing(error)) return { retryAfterSecs: ASK_AGAIN_SECS };
            throw error;
          },
        );
        if ("session_id" in answer) return answer;
        if ("place" in answer) {
          this.isQueued = true;
          placedAtMs = Date.now();
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
    if (this.isQueued) void leaveQueue(this.names);
  }

  private get names() {
    return { apiUrl: this.apiUrl, idempotencyKey: this.idempotencyKey };
  }
}

/** The place is kept while the server is not reached, or does not reach its rooms. */
function isPassing(error: unknown): boolean {
  const isRoomless = error instanceof ApiError && error.code === "livekit_unreachable";
  return error instanceof UnreachableError || isRoomless;
}

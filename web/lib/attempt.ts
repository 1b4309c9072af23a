/** One wish for a session as the person sees it: what nobody has answered goes on under its key. */

import { newIdempotencyKey } from "@/lib/api";
import { ApiError, UnreachableError } from "@/lib/http";
import type { Ticket } from "@/lib/ticket";

export interface Wish {
  joinCode?: string | undefined;
  /** The call that ended and is gone on with. */
  continues?: Ticket | undefined;
}

export interface Attempt extends Wish {
  idempotencyKey: string;
  /** The server may have started a session for it before, and may have ended that since. */
  isAskedAgain: boolean;
}

/** Goes on with an attempt that nobody has answered, if it was for the same. */
export function attemptFor(
  { joinCode, continues }: Wish,
  unanswered: Attempt | undefined,
): Attempt {
  const isSame =
    unanswered?.joinCode === joinCode &&
    unanswered?.continues?.sessionId === continues?.sessionId &&
    unanswered?.continues?.ticket === continues?.ticket;
  if (unanswered && isSame) return { ...unanswered, isAskedAgain: true };
  return { joinCode, continues, idempotencyKey: newIdempotencyKey(), isAskedAgain: false };
}

/** Whether the server may have done what was asked, although its own answer did not come. */
export function isUnanswered(error: unknown): boolean {
  if (error instanceof UnreachableError) return true;
  // What a proxy says in its place, and what was cut on the way.
  return error instanceof ApiError && /^(http_5|bad_answer)/.test(error.code);
}

/** The way back into a call: the server's answer to a ticket, and when to ask again. */

import { accessHeaders } from "@/lib/access";
import { type KeptCaption, parseSession, type Session } from "@/lib/api";
import { ApiError, post } from "@/lib/http";
import type { Ticket } from "@/lib/ticket";

export type { KeptCaption };
export type OnKept = (captions: readonly KeptCaption[]) => void;

export interface Resumed {
  session: Session;
  /** Undefined where the server keeps no words. */
  captions: KeptCaption[] | undefined;
}

interface ResumeOptions {
  apiUrl: string;
  sessionId: string;
  ticket: string;
  signal?: AbortSignal | undefined;
}

export async function resumeSession(options: ResumeOptions): Promise<Resumed> {
  const { apiUrl, sessionId, ticket, signal } = options;
  const { body } = await post(`${apiUrl}/api/sessions/${encodeURIComponent(sessionId)}/resume`, {
    headers: accessHeaders(),
    body: { resume_ticket: ticket },
    signal,
  });
  return parseResumed(body);
}

/** Undefined where it is refused or unreachable: the server lets it go when its time is up. */
export async function sessionOf(apiUrl: string, ticket: Ticket): Promise<Session | undefined> {
  const found = await resumeSession({ apiUrl, ...ticket }).catch(() => undefined);
  return found?.session;
}

function parseResumed(value: unknown): Resumed {
  const session = parseSession(value);
  return { session, captions: session.captions };
}

/** The server has answered, and its answer will stay the same: there is no way back. */
const FINAL: ReadonlySet<string> = new Set([
  "unauthorized",
  "forbidden",
  "not_found",
  "session_gone",
]);

export function isRefused(error: unknown): error is ApiError {
  return error instanceof ApiError && FINAL.has(error.code);
}

/** Another tab has come into the call while this one was away: nobody takes it from there unasked. */
export class TakenElsewhereError extends Error {
  override name = "TakenElsewhereError";
}

/** Where the server does not tell how long a caller who is away is waited for; its own default. */
export const RESUME_SECS = 60;

const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 5_000;

/** How long to wait before the next try; the server may ask for more. */
export function pauseMs(attempt: number, error: unknown): number {
  const growing = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
  const asked = error instanceof ApiError ? (error.retryAfterSecs ?? 0) * 1000 : 0;
  return Math.max(growing, asked);
}

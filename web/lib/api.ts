/** The runner's HTTP API as the page uses it. */

import { accessHeaders } from "@/lib/access";
import type { Side } from "@/lib/captions";
import { type Answer, ApiError, isRecord, post, REQUEST_TIMEOUT_MS } from "@/lib/http";
import type { Ticket } from "@/lib/ticket";

/** What the page needs of it; the server tells more. */
export interface Session {
  session_id: string;
  server_url: string;
  participant_token: string;
  /** What brings the caller back into this call; undefined where the server gives none. */
  resume_ticket?: string | undefined;
  /** How long a caller who is away is waited for. */
  resume_secs?: number | undefined;
  /** How long the call has been, by the server's clock; undefined where it does not know. */
  lived_secs?: number | undefined;
  /** Whether what is said can be gone on with after the call's end. */
  is_kept?: boolean | undefined;
  /** What was said in the call that this one continues. */
  captions?: KeptCaption[] | undefined;
}

/** What was said before, as the other side heard it. */
export interface KeptCaption {
  side: Side;
  text: string;
  isCut: boolean;
}

/** Nobody is free yet: the server keeps a place in its line. */
export interface Place {
  /** 1 is next. */
  place: number;
  retryAfterSecs: number;
}

/** Where a place in the queue is told without saying when to ask again. */
const ASK_AGAIN_SECS = 2;

/** Throws an ApiError naming the field when the answer is not a session. */
export function parseSession(value: unknown): Session {
  if (!isRecord(value)) throw new ApiError("bad_answer", "The answer is not an object.");
  const read = (field: keyof Session): string => {
    const text = value[field];
    if (typeof text === "string" && text !== "") return text;
    throw new ApiError("bad_answer", `The answer has no text in "${field}".`);
  };
  return {
    session_id: read("session_id"),
    server_url: read("server_url"),
    participant_token: read("participant_token"),
    resume_ticket: textOrNothing(value.resume_ticket),
    resume_secs: numberOrNothing(value.resume_secs),
    lived_secs: numberOrNothing(value.lived_secs),
    is_kept: value.is_kept === true,
    captions: Array.isArray(value.captions) ? value.captions.flatMap(captionOf) : undefined,
  };
}

/** A caption of a shape we do not know is one line less, not a call less. */
function captionOf(value: unknown): KeptCaption[] {
  if (!isRecord(value)) return [];
  const { who, text, is_cut: isCut } = value;
  if ((who !== "caller" && who !== "bot") || typeof text !== "string") return [];
  return [{ side: who, text, isCut: isCut === true }];
}

function textOrNothing(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function numberOrNothing(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

export interface CreateSessionOptions {
  apiUrl: string;
  /** Same key, same session, and the same place in the line. */
  idempotencyKey: string;
  joinCode?: string | undefined;
  /** The call that ended and is gone on with. */
  continues?: Ticket | undefined;
  /** Until the whole answer is there. */
  limitMs?: number;
}

/** Cannot be given up: what was asked for would be made all the same, and then belong to nobody. */
export async function createSession(options: CreateSessionOptions): Promise<Session | Place> {
  const { apiUrl, idempotencyKey, joinCode, continues, limitMs = REQUEST_TIMEOUT_MS } = options;
  const answer = await post(`${apiUrl}/api/sessions`, {
    headers: { "Idempotency-Key": idempotencyKey, ...accessHeaders() },
    body: {
      wait: true,
      ...(joinCode !== undefined && { join_code: joinCode }),
      ...(continues && {
        continues: { session_id: continues.sessionId, resume_ticket: continues.ticket },
      }),
    },
    limitMs,
  });
  return answer.status === 202 ? parsePlace(answer) : parseSession(answer.body);
}

function parsePlace({ body, retryAfterSecs = ASK_AGAIN_SECS }: Answer): Place {
  if (isRecord(body) && typeof body.place === "number")
    return { place: body.place, retryAfterSecs };
  throw new ApiError("bad_answer", 'The answer has no number in "place".');
}

/** Gives up the place in the queue. Survives the page and never throws: it is lost by itself too. */
export async function leaveQueue({
  apiUrl,
  idempotencyKey,
}: Pick<CreateSessionOptions, "apiUrl" | "idempotencyKey">): Promise<void> {
  await fetch(`${apiUrl}/api/sessions`, {
    method: "DELETE",
    headers: { "Idempotency-Key": idempotencyKey, ...accessHeaders() },
    keepalive: true,
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  }).catch(() => undefined);
}

/** Ends the call. Survives the page (`keepalive`) and never throws: the room ends by itself too. */
export async function endSession(apiUrl: string, session: Session): Promise<void> {
  await fetch(`${apiUrl}/api/sessions/${encodeURIComponent(session.session_id)}`, {
    method: "DELETE",
    headers: { Authorization: `Bearer ${session.participant_token}` },
    keepalive: true,
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  }).catch(() => undefined);
}

/** A random key; `crypto.randomUUID` is missing where the page is not served securely. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The runner's HTTP API as the page uses it. Bodies are `unknown` until a parser accepts them. */

export interface Session {
  session_id: string;
  room_name: string;
  server_url: string;
  participant_token: string;
  expires_at: string;
}

export interface ErrorBody {
  error: { code: string; message: string };
}

/** The API answered with an error; `code` is from its fixed list. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly code: string,
    message: string,
    readonly retryAfterSecs?: number,
  ) {
    super(message);
  }
}

/** No answer came at all: server down, network gone, or too slow. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** The runner answers within a second; ten leaves room for a slow phone network. */
const REQUEST_TIMEOUT_MS = 10_000;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

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
    room_name: read("room_name"),
    server_url: read("server_url"),
    participant_token: read("participant_token"),
    expires_at: read("expires_at"),
  };
}

export function parseErrorBody(value: unknown): ErrorBody | undefined {
  if (!isRecord(value) || !isRecord(value.error)) return undefined;
  const { code, message } = value.error;
  if (typeof code !== "string" || typeof message !== "string") return undefined;
  return { error: { code, message } };
}

/** Seconds of a Retry-After header; the runner always sends seconds, never a date. */
export function parseRetryAfter(value: string | null): number | undefined {
  if (value === null || !/^\d+$/.test(value.trim())) return undefined;
  return Number(value);
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export async function apiErrorFrom(response: Response): Promise<ApiError> {
  const body = parseErrorBody(await readJson(response));
  const retryAfterSecs = parseRetryAfter(response.headers.get("Retry-After"));
  const code = body?.error.code ?? `http_${response.status}`;
  return new ApiError(code, body?.error.message ?? "The server refused.", retryAfterSecs);
}

export interface CreateSessionOptions {
  apiUrl: string;
  /** Same key, same session: a repeated request never starts a second bot. */
  idempotencyKey: string;
  joinCode?: string | undefined;
  signal: AbortSignal;
}

export async function createSession(options: CreateSessionOptions): Promise<Session> {
  const body = options.joinCode === undefined ? {} : { join_code: options.joinCode };
  let response: Response;
  try {
    response = await fetch(`${options.apiUrl}/api/sessions`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": options.idempotencyKey },
      body: JSON.stringify(body),
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
  } catch (error) {
    if (options.signal.aborted) throw error;
    throw new UnreachableError("The server did not answer.", { cause: error });
  }
  if (!response.ok) throw await apiErrorFrom(response);
  return parseSession(await readJson(response));
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

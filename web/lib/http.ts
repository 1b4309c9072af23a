/** One request to the runner's HTTP API. Bodies are `unknown` until a parser accepts them. */

interface ErrorBody {
  error: { code: string; message: string; reason?: string };
}

/** The API answered with an error; `code` is from its fixed list. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly code: string,
    message: string,
    readonly retryAfterSecs?: number,
    /** Why the session ended, where that is why it refused. */
    readonly reason?: string,
  ) {
    super(message);
  }
}

/** No answer came at all: server down, network gone, or too slow. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** The runner answers within a second; ten leaves room for a slow phone network. */
export const REQUEST_TIMEOUT_MS = 10_000;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function parseErrorBody(value: unknown): ErrorBody | undefined {
  if (!isRecord(value) || !isRecord(value.error)) return undefined;
  const { code, message, reason } = value.error;
  if (typeof code !== "string" || typeof message !== "string") return undefined;
  return { error: { code, message, ...(typeof reason === "string" && { reason }) } };
}

/** Seconds of a Retry-After header; the runner always sends seconds, never a date. */
export function parseRetryAfter(value: string | null): number | undefined {
  if (value === null || !/^\d+$/.test(value.trim())) return undefined;
  return Number(value);
}

export async function readJson(response: Response): Promise<unknown> {
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
  const message = body?.error.message ?? "The server refused.";
  return new ApiError(code, message, retryAfterSecs, body?.error.reason);
}

interface PostOptions {
  headers?: Record<string, string>;
  body: unknown;
  signal: AbortSignal;
}

/** The answer to a POST that the server agreed to; throws what it, or the network, says against it. */
export async function post(url: string, { headers, body, signal }: PostOptions): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new UnreachableError("The server did not answer.", { cause: error });
  }
  if (!response.ok) throw await apiErrorFrom(response);
  return response;
}

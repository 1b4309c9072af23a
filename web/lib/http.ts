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

/** What the server answered, with its body read to the end. */
export interface Answer {
  status: number;
  /** Undefined where it is no JSON. */
  body: unknown;
  retryAfterSecs: number | undefined;
}

interface RequestOptions {
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** Of whoever may give up; the request then fails with its reason. */
  signal?: AbortSignal | undefined;
  /** Until the whole answer is there. */
  limitMs?: number;
  /** It arrives also where the page goes meanwhile. */
  isLasting?: boolean;
}

export function post(url: string, options: RequestOptions): Promise<Answer> {
  return ask(url, "POST", options);
}

export function get(url: string, options: RequestOptions): Promise<Answer> {
  return ask(url, "GET", options);
}

/** The answer to what the server agreed to; throws what it, or the network, says against it. */
async function ask(url: string, method: string, options: RequestOptions): Promise<Answer> {
  const { headers, body, signal, limitMs = REQUEST_TIMEOUT_MS, isLasting = false } = options;
  const either = eitherOf(signal, AbortSignal.timeout(limitMs));
  let answer: Answer & { isOk: boolean };
  try {
    const response = await fetch(url, {
      method,
      keepalive: isLasting,
      // Our server sends nobody elsewhere; who is sent to sign in is to be told so.
      redirect: "manual",
      headers: {
        // So asked, some proxies that sign people in say 401 in place of their page.
        Accept: "application/json",
        ...(body !== undefined && { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: either.signal,
    });
    answer = await read(response);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new UnreachableError("The server did not answer.", { cause: error });
  } finally {
    either.release();
  }
  if (!answer.isOk) throw apiErrorOf(answer);
  return answer;
}

/** Aborts with whichever does first. `AbortSignal.any` is younger than browsers we support. */
function eitherOf(given: AbortSignal | undefined, limit: AbortSignal) {
  const abort = new AbortController();
  const signals = given ? [given, limit] : [limit];
  const give = () => abort.abort(signals.find(({ aborted }) => aborted)?.reason);
  for (const signal of signals) signal.addEventListener("abort", give);
  if (given?.aborted) give();
  const release = () => signals.forEach((signal) => signal.removeEventListener("abort", give));
  return { signal: abort.signal, release };
}

async function read(response: Response): Promise<Answer & { isOk: boolean }> {
  const retryAfterSecs = parseRetryAfter(response.headers.get("Retry-After"));
  const { status } = response;
  const isOk = response.ok && !isPage(response);
  return { status, isOk, body: await readJson(response), retryAfterSecs };
}

/** Our server answers with none: somebody in between wants to be seen first. */
function isPage({ headers }: Response): boolean {
  return /^(text\/html|application\/xhtml)/i.test(headers.get("Content-Type") ?? "");
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    // What `response.json()` throws is no SyntaxError of the language in WebKit.
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function apiErrorOf({ status, body, retryAfterSecs }: Answer): ApiError {
  const { code, message, reason } = parseErrorBody(body)?.error ?? {};
  const said = message ?? "The server refused.";
  return new ApiError(code ?? `http_${status}`, said, retryAfterSecs, reason);
}

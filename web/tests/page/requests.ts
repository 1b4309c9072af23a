import type { visit } from "./visit";

type Page = ReturnType<typeof visit>;
type Sent = { init: RequestInit } | undefined;

/** What the page has asked the server for. */
export const starts = ({ server }: Page) =>
  server.of("POST").filter(({ url }) => url.endsWith("/api/sessions"));
export const resumes = ({ server }: Page) =>
  server.of("POST").filter(({ url }) => url.endsWith("/resume"));
export const bodyOf = (sent: Sent): unknown => JSON.parse(String(sent?.init.body));
export const keyOf = (sent: Sent) => new Headers(sent?.init.headers).get("Idempotency-Key");

interface More {
  /** Why the session ended. */
  reason?: string;
  waitSecs?: number | undefined;
}

/** An error as the server says it. */
export function refusal(code: string, status: number, { waitSecs, ...more }: More = {}): Response {
  const headers: HeadersInit = waitSecs === undefined ? {} : { "Retry-After": String(waitSecs) };
  const body = { error: { code, message: "For a developer.", ...more } };
  return new Response(JSON.stringify(body), { status, headers });
}

/** A page where an answer was wanted. */
export const HTML = { status: 200, headers: { "Content-Type": "text/html; charset=utf-8" } };
/** As browsers give it to whoever wants to follow by hand. */
export const sentElsewhere = () =>
  Object.defineProperties(new Response(null), {
    type: { value: "opaqueredirect" },
    status: { value: 0 },
    ok: { value: false },
  });

import { readFileSync } from "node:fs";

import { afterEach, describe, expect, it, vi } from "vitest";

import { createSession, endSession, newIdempotencyKey, parseSession } from "@/lib/api";
import { ApiError, parseErrorBody, parseRetryAfter, UnreachableError } from "@/lib/http";
import { resumeSession } from "@/lib/resume";

/** The server's own tests read the same files. */
const sample = (name: string): unknown =>
  JSON.parse(readFileSync(`../tests/contract/${name}.json`, "utf-8"));

const SESSION = parseSession(sample("session_started"));

const NOT_NEEDED = /^(resume_|lived_secs$|is_kept$|captions$)/;
const NEEDED = Object.keys(SESSION).filter((field) => !NOT_NEEDED.test(field));

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });

const options = (more: { joinCode?: string } = {}) => ({
  apiUrl: "https://api.example",
  idempotencyKey: "key",
  ...more,
});

const stubFetch = (answer: () => Promise<Response>) => {
  const fetch = vi.fn<typeof globalThis.fetch>(answer);
  vi.stubGlobal("fetch", fetch);
  return fetch;
};

afterEach(() => vi.unstubAllGlobals());

describe("parsers", () => {
  it("accepts a session and leaves unknown fields out", () => {
    expect(parseSession({ ...SESSION, extra: 1 })).toEqual(SESSION);
  });

  it("needs no way back", () => {
    for (const [ticket, secs] of [
      [undefined, undefined],
      [7, "60"],
      ["", null],
    ]) {
      const told = { resume_ticket: ticket, resume_secs: secs, lived_secs: secs };
      const { resume_ticket, resume_secs, lived_secs } = parseSession({ ...SESSION, ...told });
      expect([resume_ticket, resume_secs, lived_secs].filter(Boolean)).toEqual([]);
    }
  });

  it.each([null, [], "text", 7])("refuses %j as a session", (value) => {
    expect(() => parseSession(value)).toThrow(ApiError);
  });

  it.each(NEEDED)("names the field when %s is missing or empty", (field) => {
    expect(() => parseSession({ ...SESSION, [field]: undefined })).toThrow(field);
    expect(() => parseSession({ ...SESSION, [field]: "" })).toThrow(field);
    expect(() => parseSession({ ...SESSION, [field]: 1 })).toThrow(field);
  });

  it("reads error bodies and refuses other shapes", () => {
    const body = sample("at_capacity");
    expect(parseErrorBody(body)).toEqual(body);
    for (const value of [null, {}, { error: "x" }, { error: { code: 1, message: "" } }]) {
      expect(parseErrorBody(value)).toBeUndefined();
    }
  });

  it("reads Retry-After in whole seconds only", () => {
    expect(parseRetryAfter("20")).toBe(20);
    for (const value of [null, "", "soon", "-1", "Wed, 21 Oct 2026 07:28:00 GMT"]) {
      expect(parseRetryAfter(value)).toBeUndefined();
    }
  });

  it("makes a fresh key for each call", () => {
    expect(newIdempotencyKey()).toMatch(/^[0-9a-f]{32}$/);
    expect(newIdempotencyKey()).not.toBe(newIdempotencyKey());
  });
});

describe("createSession", () => {
  it("posts the key and that it may wait, and answers the session", async () => {
    const fetch = stubFetch(async () => json(201, SESSION));
    await expect(createSession(options())).resolves.toEqual(SESSION);
    const [url, init] = fetch.mock.calls[0] ?? [];
    expect(url).toBe("https://api.example/api/sessions");
    expect(init).toMatchObject({ method: "POST", body: '{"wait":true}' });
    expect(init?.headers).toMatchObject({
      "Content-Type": "application/json",
      "Idempotency-Key": "key",
    });
  });

  it("posts the join code of a one-time link", async () => {
    const fetch = stubFetch(async () => json(201, SESSION));
    await createSession(options({ joinCode: "Zx8-k_3" }));
    const wanted = { wait: true, ...(sample("start_with_join_code") as object) };
    expect(JSON.parse(String(fetch.mock.calls[0]?.[1]?.body))).toEqual(wanted);
  });

  it("reads a place in the line, also one without a Retry-After", async () => {
    stubFetch(async () => json(202, { place: 2, kept_secs: 60 }, { "Retry-After": "3" }));
    expect(await createSession(options())).toEqual({ place: 2, retryAfterSecs: 3 });
    stubFetch(async () => json(202, { place: 1 }));
    expect(await createSession(options())).toEqual({ place: 1, retryAfterSecs: 2 });
    stubFetch(async () => json(202, {}));
    await expect(createSession(options())).rejects.toMatchObject({ code: "bad_answer" });
  });

  it("throws the server's code and how long to wait", async () => {
    const body = sample("at_capacity");
    stubFetch(async () => json(503, body, { "Retry-After": "20" }));
    await expect(createSession(options())).rejects.toMatchObject({
      code: "at_capacity",
      retryAfterSecs: 20,
    });
  });

  it("names the status when the error has no body we know", async () => {
    stubFetch(async () => new Response("<html>", { status: 502 }));
    await expect(createSession(options())).rejects.toMatchObject({ code: "http_502" });
  });

  it("throws an ApiError when a success is not JSON", async () => {
    stubFetch(async () => new Response("<html>", { status: 200 }));
    await expect(createSession(options())).rejects.toMatchObject({ code: "bad_answer" });
  });

  it.each([
    [200, "bad_answer"],
    [502, "http_502"],
  ])("needs no browser that throws the language's own error: %i", async (status, code) => {
    // As WebKit does it.
    const json = () => Promise.reject(new DOMException("", "SyntaxError"));
    stubFetch(async () => Object.assign(new Response("<html>", { status }), { json }));
    await expect(createSession(options())).rejects.toMatchObject({ code });
  });

  it("says that nobody answered", async () => {
    stubFetch(() => Promise.reject(new TypeError("Failed to fetch")));
    await expect(createSession(options())).rejects.toBeInstanceOf(UnreachableError);
  });

  it.each([
    ["TimeoutError", new DOMException("", "TimeoutError")],
    ["AbortError", new DOMException("", "AbortError")],
    ["TypeError", new TypeError("network error")],
  ])("takes an answer that breaks off by %s for none", async (_name, error) => {
    const cut = new ReadableStream({ pull: (body) => body.error(error) });
    stubFetch(async () => new Response(cut, { status: 201 }));
    await expect(createSession(options())).rejects.toBeInstanceOf(UnreachableError);
  });
});

describe("resumeSession", () => {
  const ask = (signal: AbortSignal) =>
    resumeSession({ apiUrl: "", sessionId: "s1", ticket: "t", signal });

  it("is not unreachable when the caller gave up", async () => {
    const abort = new AbortController();
    stubFetch(() => Promise.reject(abort.signal.reason));
    abort.abort();
    await expect(ask(abort.signal)).rejects.toMatchObject({ name: "AbortError" });
  });

  it("needs no browser that knows how to join two signals", async () => {
    vi.stubGlobal("AbortSignal", Object.assign(AbortSignal, { any: undefined }));
    const fetch = stubFetch(async () => json(200, SESSION));
    const abort = new AbortController();
    await ask(abort.signal);
    const signal = fetch.mock.calls[0]?.[1]?.signal;
    expect(signal?.aborted).toBe(false);

    fetch.mockImplementation(async (_url, init) => {
      abort.abort();
      throw init?.signal?.reason;
    });
    await expect(ask(abort.signal)).rejects.toBe(abort.signal.reason);
    // What was over by then has nothing to do with it.
    expect(signal?.aborted).toBe(false);
  });
});

describe("endSession", () => {
  it("deletes with the caller's own token, and outlives the page", async () => {
    const fetch = stubFetch(async () => new Response(null, { status: 204 }));
    await endSession("", SESSION);
    const [url, init] = fetch.mock.calls[0] ?? [];
    expect(url).toBe("/api/sessions/k3v9q2m7x1");
    expect(init).toMatchObject({
      method: "DELETE",
      keepalive: true,
      headers: { Authorization: "Bearer header.claims.signature" },
    });
  });

  it("never throws: the room ends by itself too", async () => {
    stubFetch(() => Promise.reject(new TypeError("Failed to fetch")));
    await expect(endSession("", SESSION)).resolves.toBeUndefined();
  });
});

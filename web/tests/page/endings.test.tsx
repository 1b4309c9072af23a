import { readFileSync } from "node:fs";

import { act, screen } from "@testing-library/react";
import { DisconnectReason } from "livekit-client";
import { afterEach, expect, vi } from "vitest";

import { END_REASONS } from "@/lib/conventions";

import { rooms } from "./offlineRoom";
import { refusal } from "./requests";
import { button, call, press, settle, TOKEN, visit } from "./visit";

import { promise } from "../promise";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

interface ApiError {
  status: number;
  retry_after_secs?: number;
  says: string;
}

/** The server's own tests read the same file. */
const WHY = JSON.parse(readFileSync("../tests/contract/why_calls_end.json", "utf-8")) as {
  end_reasons: Record<string, string>;
  errors: Record<string, ApiError>;
};

const sentence = (role: "alert" | "status") =>
  screen.getByText(/./, { selector: `p[role=${role}], p[role=${role}] > span` }).textContent;

async function endingWith(attributes: Record<string, string>, reason: DisconnectReason) {
  const page = await call();
  await act(async () => page.room().botSays(attributes));
  // LiveKit tells of the bot's leaving a moment before the room's end.
  await act(async () => page.room().botLeaves());
  act(() => page.room().ends(reason));
  await settle();
  const shown = sentence("status");
  expect(button("Talk again")).toBeVisible();
  expect(page.devices.opened.map(({ readyState }) => readyState)).toEqual(["ended"]);
  page.unmount();
  return shown;
}

promise("Page", "Each reason for which a call ends has a sentence of its own.", async () => {
  expect(Object.keys(WHY.end_reasons).toSorted()).toEqual([...END_REASONS].toSorted());
  const shown = new Set<string | null>();
  for (const [reason, telling] of Object.entries(WHY.end_reasons)) {
    const why = { "parley.end_reason": reason };
    const said = await endingWith(why, DisconnectReason.ROOM_DELETED);
    expect(said).toContain(telling);
    shown.add(said);
  }
  expect(shown.size).toBe(END_REASONS.length);
});

promise(
  "Page",
  "A call that ends without a reason ends with a sentence all the same.",
  async () => {
    const { PARTICIPANT_REMOVED, ROOM_CLOSED, ROOM_DELETED } = DisconnectReason;
    for (const reason of [PARTICIPANT_REMOVED, ROOM_CLOSED, ROOM_DELETED]) {
      expect(await endingWith({}, reason)).toBe("The call has ended.");
    }
    expect(await endingWith({ "parley.end_reason": "<b>" }, ROOM_DELETED)).toBe(
      "The call has ended.",
    );
    // What the bot said counts, however the connection then ends.
    const why = { "parley.end_reason": "goodbye" };
    expect(await endingWith(why, DisconnectReason.SIGNAL_CLOSE)).toContain("Goodbye");
  },
);

promise("Page", "Each refusal of the server is told in a sentence, with one button.", async () => {
  const known = new Set<string>();
  for (const [code, error] of Object.entries(WHY.errors)) {
    const page = visit();
    page.server.answer = async () =>
      refusal(code, error.status, { waitSecs: error.retry_after_secs });
    await press("Start talking");
    await settle();
    expect(sentence("alert"), code).toContain(error.says);
    expect(screen.getAllByRole("button")).toHaveLength(1);
    expect(page.devices.opened.map(({ readyState }) => readyState)).toEqual(["ended"]);
    known.add(error.says);
    page.unmount();
  }
  expect(known.size).toBe(20);
});

promise("Page", "After a refusal the one button tries again.", async () => {
  const page = visit();
  const { answer } = page.server;
  page.server.answer = async () => refusal("at_capacity", 503);
  await press("Start talking");
  await settle();
  expect(sentence("alert")).toContain("Please try again in a moment.");
  page.server.answer = answer;
  await press("Try again");
  await settle();
  await act(async () => page.room().botComes());
  expect(screen.getByRole("group", { name: "Call controls" })).toBeVisible();
});

promise("Page", "Each way in which a call cannot begin is told apart.", async () => {
  const shown = new Set<string | null>();
  const microphone = (name: string) => (page: ReturnType<typeof visit>) =>
    void (page.devices.refusal = new DOMException("", name));
  const attempts: [string, (page: ReturnType<typeof visit>) => void][] = [
    ["could not find a microphone", microphone("NotFoundError")],
    ["Your computer keeps the microphone", microphone("NotAllowedError")],
    [
      "microphone is blocked",
      (page) => {
        page.permission.state = "denied";
        microphone("NotAllowedError")(page);
      },
    ],
    [
      "You have not allowed the microphone",
      (page) => {
        // The browser asks again, so nothing is blocked.
        page.permission.state = "prompt";
        microphone("NotAllowedError")(page);
      },
    ],
    ["Another app is using your microphone", microphone("NotReadableError")],
    ["only allows a microphone on a secure page", () => vi.stubGlobal("isSecureContext", false)],
    [
      "could not reach the server",
      ({ server }) => (server.answer = () => Promise.reject(new TypeError("Failed to fetch"))),
    ],
    [
      "voice connection could not be made",
      () => rooms.forEach((room) => (room.isUnreachable = true)),
    ],
    [
      "Something went wrong",
      ({ server }) => (server.answer = async () => new Response("<html>", { status: 502 })),
    ],
    ["Something went wrong", ({ server }) => (server.answer = async () => new Response("{}"))],
  ];
  for (const [telling, spoil] of attempts) {
    const page = visit();
    spoil(page);
    await press("Start talking");
    await settle();
    expect(sentence("alert")).toContain(telling);
    shown.add(sentence("alert"));
    // Who cannot be heard can still type; for the rest typing would be no way out.
    const canType = screen.queryByRole("button", { name: "Type instead" }) !== null;
    const isUnheard = page.devices.refusal !== undefined || !window.isSecureContext;
    expect(canType, telling).toBe(isUnheard);
    page.unmount();
    vi.stubGlobal("isSecureContext", true);
  }
  expect(shown.size).toBe(9);
});

promise(
  "Page",
  "A page without HTTPS offers its secure address, and no call that must fail.",
  async () => {
    const page = visit();
    vi.stubGlobal("isSecureContext", false);
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    await press("Start talking");
    await settle();
    await press("Open the secure page");
    await settle();
    expect(sentence("alert")).toContain("Open this page over HTTPS");
    expect(page.server.requests).toEqual([]);
    vi.stubGlobal("isSecureContext", true);
  },
);

promise("Page", "A server that does not answer is given up after ten seconds.", async () => {
  const page = visit();
  const limits: number[] = [];
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    limits.push(ms);
    const abort = new AbortController();
    queueMicrotask(() => abort.abort(new DOMException("", "TimeoutError")));
    return abort.signal;
  });
  page.server.answer = () => new Promise(() => undefined);
  await press("Start talking");
  await settle();
  expect(sentence("alert")).toContain("could not reach the server");
  expect(limits[0]).toBe(10_000);
});

afterEach(() => void (window.location.hash = ""));

promise("Page", "An invitation link is used once and leaves the address.", async () => {
  window.history.replaceState({ kept: true }, "", "/talk?from=mail#join=aB3-_x");
  const before = window.history.length;
  const page = visit();
  await press("Start talking");
  await settle();
  expect(JSON.parse(String(page.server.of("POST")[0]?.init.body))).toEqual({
    wait: true,
    join_code: "aB3-_x",
  });
  expect(window.location.href).toMatch(/\/talk\?from=mail$/);
  expect(window.history.length).toBe(before);
  page.unmount();
});

promise("Page", "An invitation is kept while the microphone is refused.", async () => {
  window.location.hash = "#join=aB3-_x";
  const page = visit();
  page.devices.refusal = new DOMException("", "NotAllowedError");
  await press("Start talking");
  await settle();
  expect(window.location.hash).toBe("#join=aB3-_x");
  page.devices.refusal = undefined;
  await press("Try again");
  await settle();
  expect(JSON.parse(String(page.server.of("POST")[0]?.init.body))).toEqual({
    wait: true,
    join_code: "aB3-_x",
  });
});

promise(
  "Page",
  "The token of a call is kept in no storage, address, console or element.",
  async () => {
    const written: unknown[] = [];
    for (const method of ["debug", "log", "info", "warn", "error"] as const) {
      vi.spyOn(console, method).mockImplementation((...parts) => void written.push(parts));
    }
    const keep = vi.spyOn(Storage.prototype, "setItem");
    const page = await call();
    await press("Mute microphone");
    await press("End call");
    await settle();
    const places = {
      written,
      stored: keep.mock.calls,
      address: window.location.href,
      state: window.history.state as unknown,
      cookie: document.cookie,
      page: document.documentElement.outerHTML,
      urls: page.server.requests.map(({ url }) => url),
    };
    expect(JSON.stringify(places)).not.toContain(TOKEN.split(".")[2]);
  },
);

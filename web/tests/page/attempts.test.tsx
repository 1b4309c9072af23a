import { act, fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { DisconnectReason } from "livekit-client";
import { afterEach, describe, expect, it, vi } from "vitest";

import { rooms } from "./offlineRoom";
import { keyOf, refusal, starts } from "./requests";
import { button, call, press, settle, TOKEN, visit } from "./visit";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

type Page = ReturnType<typeof visit>;

afterEach(() => {
  window.location.hash = "";
  vi.useRealTimers();
});

const keysOf = (page: Page) => starts(page).map(keyOf);
const lost = () => Promise.reject(new TypeError("Failed to fetch"));
const cutOff = async () => {
  const body = new ReadableStream({ pull: (stream) => stream.error(new TypeError("cut")) });
  return new Response(body, { status: 201 });
};
const byProxy = async () => new Response("<html>", { status: 504 });

/** The server gives these answers one after the other, then the session. */
function answering(page: Page, ...answers: (() => Promise<Response>)[]) {
  const { answer } = page.server;
  page.server.answer = () => (answers.shift() ?? answer)();
}

describe("an attempt", () => {
  it.each([
    ["never came", lost],
    ["broke off", cutOff],
  ])("is repeated by itself when its answer %s", async (_how, answer) => {
    const page = visit();
    answering(page, answer);
    await press("Start talking");
    await settle();
    expect(page.room().joined?.token).toBe(TOKEN);
    const keys = keysOf(page);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it.each([
    ["nobody answers", [lost, lost], 3],
    ["a proxy answers instead", [byProxy], 2],
  ])("goes on under its key when %s, and keeps its link", async (_how, answers, asked) => {
    window.location.hash = "#join=aB3";
    const page = visit();
    answering(page, ...answers);
    await press("Start talking");
    await settle();
    expect(window.location.hash).toBe("#join=aB3");
    await press("Try again");
    await settle();
    expect(page.room().joined?.token).toBe(TOKEN);
    const keys = keysOf(page);
    expect(keys).toHaveLength(asked);
    expect(new Set(keys).size).toBe(1);
    expect(window.location.hash).toBe("");
  });

  it("is a new one once the server has said no, and when something else is wanted", async () => {
    const page = visit();
    answering(page, async () => refusal("at_capacity", 503), lost, lost);
    await press("Start talking");
    await settle();
    await press("Try again");
    await settle();
    window.location.hash = "#join=aB3";
    await press("Try again");
    await settle();
    const [first, second, repeated, third] = keysOf(page);
    expect(new Set([first, second, third]).size).toBe(3);
    expect(repeated).toBe(second);
  });

  it("does not lead into a session that has ended since nobody came", async () => {
    const page = visit();
    answering(page, lost, lost);
    page.server.state = async () => new Response('{"state":"ended","reason":"never_joined"}');
    await press("Start talking");
    await settle();
    await press("Try again");
    await settle();
    const keys = keysOf(page);
    expect(keys).toHaveLength(4);
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(keys[3]).not.toBe(keys[0]);
    expect(page.room().joined).toBeDefined();
  });
});

describe("a start that is cancelled while it is asked for", () => {
  it.each([
    ["a session", undefined, "/api/sessions/s1"],
    ["a place in line", { place: 1, kept_secs: 60 }, "/api/sessions"],
  ])("leaves nothing behind when %s comes late", async (_what, place, ended) => {
    const page = visit();
    if (place) answering(page, async () => new Response(JSON.stringify(place), { status: 202 }));
    const answer = page.server.waits();
    await press("Start talking");
    await settle();
    await press("Cancel");
    await settle();
    expect(button("Start talking")).toBeVisible();
    expect(page.server.of("DELETE")).toEqual([]);
    await act(async () => answer());
    await settle();
    expect(page.server.of("DELETE").map(({ url }) => url)).toEqual([ended]);
    expect(rooms.every(({ joined }) => joined === undefined)).toBe(true);
  });

  it("does not spoil the next one", async () => {
    const page = visit();
    const { answer } = page.server;
    const late = page.server.waits();
    await press("Start talking");
    await settle();
    await press("Cancel");
    await settle();
    const session = JSON.parse(await (await answer()).text()) as object;
    page.server.answer = async () =>
      new Response(JSON.stringify({ ...session, session_id: "s2" }), { status: 201 });
    await press("Start talking");
    await settle();
    await act(async () => late());
    await settle();
    expect(page.server.of("DELETE").map(({ url }) => url)).toEqual(["/api/sessions/s1"]);
    await act(async () => page.room().botComes());
    expect(screen.getByRole("group", { name: "Call controls" })).toBeVisible();
  });
});

describe("a way back that is cancelled", () => {
  it("ends the call it would have led to", async () => {
    const left = await call();
    window.dispatchEvent(new Event("pagehide"));
    const kept = { ...window.sessionStorage };
    left.unmount();
    await settle();
    Object.assign(window.sessionStorage, kept);
    const page = visit({ isReload: true });
    const { resume } = page.server;
    page.server.resume = () => new Promise(() => undefined);
    await settle();
    page.server.resume = resume;
    await press("Cancel");
    await settle();
    const [end] = page.server.of("DELETE");
    expect(end?.url).toBe("/api/sessions/s1");
    expect(new Headers(end?.init.headers).get("Authorization")).toBe(`Bearer ${TOKEN}-2`);
  });

  it("ends it also while the microphone is still asked for", async () => {
    const page = await call();
    const { resume } = page.server;
    page.server.resume = async () => refusal("key_needed", 401);
    act(() => page.room().ends(DisconnectReason.SIGNAL_CLOSE));
    await settle();
    page.server.resume = resume;
    page.server.answer = async () => new Response(null, { status: 204 });
    page.devices.askFirst();
    await userEvent.keyboard("key{Enter}");
    await settle();
    await press("Cancel");
    await settle();
    expect(page.server.of("DELETE").map(({ url }) => url)).toEqual(["/api/sessions/s1"]);
    expect(window.sessionStorage).toHaveLength(0);
    await act(async () => page.devices.allow());
    await settle();
    expect(page.devices.opened.every(({ readyState }) => readyState === "ended")).toBe(true);
  });
});

describe("the end of a call", () => {
  it("is said at once, whatever still has to be closed", async () => {
    const page = await call();
    page.server.end = () => new Promise(() => undefined);
    page.room().isStuck = true;
    await press("End call");
    expect(screen.getByText("You ended the call.")).toBeVisible();
    expect(page.devices.opened.map(({ readyState }) => readyState)).toEqual(["ended"]);
    await press("Talk again");
    await settle();
    await act(async () => page.room().botComes());
    await settle();
    expect(button("End call")).toBeVisible();
    // Nothing of it is left for the next test.
    window.dispatchEvent(new Event("pagehide"));
  });

  it("reaches the server also when the page goes while its room is being left", async () => {
    const page = await call();
    page.room().isStuck = true;
    vi.useFakeTimers();
    fireEvent.click(button("End call"));
    expect(page.server.of("DELETE")).toEqual([]);
    window.dispatchEvent(new Event("pagehide"));
    vi.useRealTimers();
    expect(page.server.of("DELETE").map(({ url }) => url)).toEqual(["/api/sessions/s1"]);
  });
});

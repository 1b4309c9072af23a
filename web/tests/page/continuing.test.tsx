import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { DisconnectReason } from "livekit-client";
import { expect, vi } from "vitest";

import { lastTicket } from "@/lib/ticket";

import { bodyOf, keyOf, refusal, starts } from "./requests";
import { button, call, press, settle, TOKEN, visit, words } from "./visit";

import { promise } from "../promise";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

type Page = ReturnType<typeof visit>;

const OFFER = "Continue this conversation";
const SAID = [{ who: "caller", text: "My name is Ada.", is_cut: false }];
const SECOND = {
  session_id: "s2",
  room_name: "room-2",
  server_url: "wss://livekit.example",
  participant_token: `${TOKEN}-3`,
  expires_at: "2030-01-01T00:00:00Z",
  resume_ticket: "ticket-3",
  resume_secs: 30,
  is_kept: true,
  captions: SAID,
};

const offer = () => screen.queryByRole("button", { name: OFFER });
const answer = (body: unknown, status: number) => async () =>
  new Response(JSON.stringify(body), { status });
const refuses = (code: string, status: number) => async () => refusal(code, status);

async function endedCall({ isKept = true } = {}) {
  const page = await call({ is_kept: isKept });
  await act(async () => page.room().hears("bot", ["Hello."], { "lk.segment_id": "1" }));
  await press("End call");
  await settle();
  return page;
}

promise(
  "Page",
  "After its end a call can be continued with one button, if it is kept; never by itself.",
  async () => {
    const page = await endedCall();
    expect(starts(page)).toHaveLength(1);
    page.server.answer = answer(SECOND, 201);
    await press(OFFER);
    await settle();
    expect(bodyOf(starts(page).at(-1))).toEqual({
      wait: true,
      continues: { session_id: "s1", resume_ticket: "ticket-1" },
    });
    expect(page.room().joined?.token).toBe(`${TOKEN}-3`);
    await act(async () => page.room().botComes());
    await settle();
    // What was said stays, with what only the server knew.
    expect(words()).toContain("Parley: Hello.");
    expect(words()).toContain("You: My name is Ada.");
    // Its end can be gone on with as well, and it is the new one then.
    await press("End call");
    await settle();
    expect(lastTicket()).toMatchObject({ sessionId: "s2", ticket: "ticket-3" });
  },
);

promise(
  "Page",
  "After its end a call can be continued with one button, if it is kept; never by itself.",
  async () => {
    const left = await endedCall();
    left.unmount();
    const page = visit({ isReload: true });
    await settle();
    expect(page.server.requests).toEqual([]);
    expect(offer()).toBeVisible();
    page.server.answer = answer(SECOND, 201);
    await press(OFFER);
    await settle();
    expect(words()).toEqual(["You: My name is Ada."]);
  },
);

promise(
  "Page",
  "After its end a call can be continued with one button, if it is kept; never by itself.",
  async () => {
    const unkept = await endedCall({ isKept: false });
    expect(offer()).toBeNull();
    unkept.unmount();
    // Nothing was said yet.
    const early = visit({ started: { is_kept: true } });
    await press("Start talking");
    await settle();
    await press("Cancel");
    await settle();
    expect(offer()).toBeNull();
    early.unmount();
    // Whoever gives a new start up has begun no other talk; whoever has is not asked about this one.
    const anew = await endedCall();
    await press("Talk again");
    await settle();
    await press("Cancel");
    await settle();
    expect(offer()).toBeVisible();
    expect(screen.getByText("How was it?")).toBeVisible();
    anew.server.answer = answer({ ...SECOND, is_kept: false, captions: undefined }, 201);
    await press("Talk again");
    await settle();
    await act(async () => anew.room().botComes());
    await settle();
    await press("End call");
    await settle();
    expect(offer()).toBeNull();
    expect(anew.server.of("POST")).toHaveLength(3);
  },
);

promise(
  "Page",
  "After its end a call can be continued with one button, if it is kept; never by itself.",
  async () => {
    const page = await call({ is_kept: true });
    await act(async () => page.room().botLeaves());
    act(() => page.room().ends(DisconnectReason.ROOM_DELETED));
    await settle();
    expect(offer()).toBeVisible();
  },
);

/** What came before a call of which nothing has come. */
const EARLIER = "Continue the earlier conversation";

promise(
  "Page",
  "After its end a call can be continued with one button, if it is kept; never by itself.",
  async () => {
    const page = await endedCall();
    page.server.answer = answer({ ...SECOND, captions: undefined }, 201);
    await press("Talk again");
    await settle();
    // Before its talk has begun.
    const kept = { ...window.sessionStorage };
    page.unmount();
    Object.assign(window.sessionStorage, kept);
    localStorage.clear();
    const again = visit({ isReload: true });
    again.server.resume = refuses("session_gone", 410);
    await settle();
    expect(screen.getByText("The call ended while you were away.")).toBeVisible();
    expect(button(EARLIER)).toBeVisible();
  },
);

const lost = () => Promise.reject(new TypeError("Failed to fetch"));
const keysOf = (page: Page) => starts(page).slice(1).map(keyOf);
const CONTINUES = { continues: { session_id: "s1", resume_ticket: "ticket-1" } };
promise(
  "Page",
  "What did not work is tried again as it was wanted: the same talk, by voice or typed.",
  async () => {
    const page = await endedCall();
    const answered = page.server.answer;
    page.server.answer = lost;
    await press(OFFER);
    await settle();
    expect(lastTicket()).toMatchObject({ sessionId: "s1" });
    page.server.answer = answered;
    await press("Try again");
    await settle();
    expect(bodyOf(starts(page).at(-1))).toMatchObject(CONTINUES);
    expect(new Set(keysOf(page)).size).toBe(1);
  },
);

promise(
  "Page",
  "What did not work is tried again as it was wanted: the same talk, by voice or typed.",
  async () => {
    const page = await endedCall();
    page.devices.refusal = new DOMException("", "NotFoundError");
    await press(OFFER);
    await settle();
    page.server.answer = refuses("at_capacity", 503);
    await press("Type instead");
    await settle();
    expect(bodyOf(starts(page).at(-1))).toMatchObject(CONTINUES);
    expect(lastTicket()).toMatchObject({ sessionId: "s1" });
    // Who types is not asked for a microphone again.
    const { asked } = page.devices;
    page.server.answer = answer({ ...SECOND, captions: null }, 201);
    await press("Try again");
    await settle();
    expect(page.devices.asked).toBe(asked);
    expect(bodyOf(starts(page).at(-1))).toMatchObject(CONTINUES);
    await act(async () => page.room().botComes());
    await settle();
    // Nor is who goes on with a talk that was typed.
    await press("End call");
    await settle();
    await press(OFFER);
    await settle();
    expect(page.devices.asked).toBe(asked);
  },
);

promise(
  "Page",
  "What did not work is tried again as it was wanted: the same talk, by voice or typed.",
  async () => {
    const page = await endedCall();
    page.devices.refusal = new DOMException("", "NotAllowedError");
    page.permission.state = "denied";
    await press(OFFER);
    await settle();
    page.devices.refusal = undefined;
    act(() => page.permission.becomes("granted"));
    await settle();
    expect(bodyOf(starts(page).at(-1))).toMatchObject(CONTINUES);
  },
);

promise(
  "Page",
  "What did not work is tried again as it was wanted: the same talk, by voice or typed.",
  async () => {
    const page = await endedCall();
    const { answer: answered } = page.server;
    page.server.answer = refuses("key_needed", 401);
    await press(OFFER);
    await settle();
    page.server.answer = async () =>
      page.server.requests.at(-1)?.url.endsWith("/api/access")
        ? new Response(null, { status: 204 })
        : answered();
    await userEvent.keyboard("key{Enter}");
    await settle();
    expect(bodyOf(starts(page).at(-1))).toMatchObject(CONTINUES);
  },
);

promise(
  "Page",
  "What did not work is tried again as it was wanted: the same talk, by voice or typed.",
  async () => {
    // A new call that never began takes no talk away; one that has, does.
    const page = await endedCall();
    const { answer: answered } = page.server;
    page.server.answer = lost;
    await press("Talk again");
    await settle();
    expect(button(EARLIER)).toBeVisible();
    page.server.answer = answered;
    await press("Try again");
    await settle();
    expect(bodyOf(starts(page).at(-1))).toEqual({ wait: true });
    await act(async () => page.room().botComes());
    await settle();
    expect(lastTicket()).toBeUndefined();
  },
);

promise("Page", "A call that cannot be continued says why, and is not offered again.", async () => {
  for (const [code, status] of [
    ["session_forgotten", 410],
    ["unauthorized", 401],
    ["forbidden", 403],
  ] as const) {
    const page = await endedCall();
    page.server.answer = refuses(code, status);
    await press(OFFER);
    await settle();
    expect(screen.getByRole("alert")).toHaveTextContent("That conversation is not kept any more.");
    expect(offer()).toBeNull();
    page.unmount();
  }
  // It is still there when a line is free, or the call has ended for the server too.
  for (const [code, status, says, again] of [
    ["at_capacity", 503, "All lines are busy", "Try again"],
    ["session_live", 409, "has not ended yet", OFFER],
  ] as const) {
    const page = await endedCall();
    page.server.answer = refuses(code, status);
    await press(OFFER);
    await settle();
    expect(screen.getByRole("alert")).toHaveTextContent(says);
    expect(lastTicket()).toMatchObject({ sessionId: "s1" });
    await press(again);
    await settle();
    expect(bodyOf(starts(page).at(-1))).toMatchObject(CONTINUES);
    page.unmount();
  }
});

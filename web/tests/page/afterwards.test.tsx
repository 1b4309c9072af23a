import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { DisconnectReason } from "livekit-client";
import { beforeEach, expect, it, vi } from "vitest";

import { button, call, press, settle, visit } from "./visit";

import { promise } from "../promise";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

type Page = ReturnType<typeof visit>;

const QUESTION = "How was it?";
const group = () => screen.queryByRole("group", { name: QUESTION });
const sent = ({ server }: Page): unknown[] =>
  server
    .of("POST")
    .filter(({ url }) => url.endsWith("/api/sessions/s1/rating"))
    .map(({ init }) => JSON.parse(String(init.body)) as unknown);

async function ended(started = { is_kept: true }) {
  const page = await call(started);
  await act(async () => page.room().hears("bot", ["Hello."], { "lk.segment_id": "1" }));
  await press("End call");
  await settle();
  return page;
}

beforeEach(() => void vi.useRealTimers());

promise(
  "Page",
  "After a call its caller can say how it was, with a thumb and a line.",
  async () => {
    const page = await ended();
    await press("Not good");
    await settle();
    await userEvent.type(screen.getByRole("textbox"), " Too fast. {Enter}");
    await settle();
    const said = { resume_ticket: "ticket-1", is_good: false };
    expect(sent(page)).toEqual([
      { ...said, comment: "" },
      { ...said, comment: "Too fast." },
    ]);
    // A thumb is often the last thing before the tab is closed.
    expect(page.server.requests.at(-1)?.init.keepalive).toBe(true);
    expect(screen.getByText("Thank you.")).toBeVisible();
    expect(screen.queryByRole("textbox")).toBeNull();
    expect(button("Not good")).toHaveAttribute("aria-pressed", "true");
  },
);

it("takes another thumb for a change of mind", async () => {
  const page = await ended();
  await press("Not good");
  await press("Good");
  await settle();
  expect(sent(page).at(-1)).toMatchObject({ is_good: true });
  expect(button("Not good")).toHaveAttribute("aria-pressed", "false");
});

it("keeps what was said for whoever gives up another start", async () => {
  const page = await ended();
  await press("Not good");
  await userEvent.type(screen.getByRole("textbox"), "Too fast.{Enter}");
  await settle();
  await press("Talk again");
  await press("Cancel");
  await settle();
  expect(button("Not good")).toHaveAttribute("aria-pressed", "true");
  // It is there to read, and no screen reader says it once more, also once it has seen the place.
  const thanks = () => screen.getByText("Thank you.").closest("[aria-live]");
  await act(async () => new Promise((resolve) => setTimeout(resolve, 150)));
  expect(thanks()).toHaveAttribute("aria-live", "off");
  await press("Good");
  await settle();
  expect(sent(page).at(-1)).toMatchObject({ is_good: true, comment: "Too fast." });
  expect(thanks()).toHaveAttribute("aria-live", "polite");
});

it("does not ask about an older call than the one that has ended", async () => {
  const page = await ended();
  const started = { session_id: "s2", resume_ticket: "ticket-3", is_kept: true };
  const answer = await page.server.answer();
  const session = { ...((await answer.json()) as object), ...started };
  page.server.answer = async () => new Response(JSON.stringify(session), { status: 201 });
  await press("Talk again");
  await settle();
  // The page goes before the bot has come.
  window.dispatchEvent(new Event("pagehide"));
  const kept = { ...window.sessionStorage };
  page.unmount();
  Object.assign(window.sessionStorage, kept);
  const again = visit({ isReload: true });
  again.server.resume = async () => new Response(JSON.stringify(session), { status: 200 });
  await settle();
  await press("End call");
  await settle();
  expect(screen.getByText("You ended the call.")).toBeVisible();
  expect(group()).toBeNull();
  // Nothing was said in this one: what there is to go on with is told as what it is.
  expect(screen.queryByRole("button", { name: "Continue this conversation" })).toBeNull();
  expect(button("Continue the earlier conversation")).toBeVisible();
});

it("calls no talk this one that is of a call before the one whose assistant never came", async () => {
  const page = await ended();
  const started = { session_id: "s2", resume_ticket: "ticket-3", is_kept: true };
  const session = { ...((await (await page.server.answer()).json()) as object), ...started };
  page.server.answer = async () => new Response(JSON.stringify(session), { status: 201 });
  await press("Talk again");
  await settle();
  await press("Cancel");
  await settle();
  expect(button("Continue this conversation")).toBeVisible();
  await press("Talk again");
  await settle();
  act(() => page.room().ends(DisconnectReason.ROOM_DELETED));
  await settle();
  expect(button("Continue the earlier conversation")).toBeVisible();
});

it("sends two thumbs within one round trip one after the other, and keeps the line", async () => {
  const page = await ended();
  const answers: (() => void)[] = [];
  page.server.rate = () =>
    new Promise((resolve) => answers.push(() => resolve(new Response(null, { status: 204 }))));
  const answered = async () => {
    await act(async () => answers.shift()?.());
    await settle();
  };
  await press("Not good");
  await userEvent.type(screen.getByRole("textbox"), "Too fast.{Enter}");
  await press("Good");
  expect(sent(page)).toHaveLength(1);
  await answered();
  await answered();
  const said = { resume_ticket: "ticket-1" };
  expect(sent(page)).toEqual([
    { ...said, is_good: false, comment: "" },
    { ...said, is_good: true, comment: "Too fast." },
  ]);
  expect(button("Good")).toHaveAttribute("aria-pressed", "true");
});

it.each([
  ["refused", async () => new Response(null, { status: 500 })],
  ["not answered", async () => Promise.reject(new TypeError("gone"))],
])("says that it was %s, and lets one try again", async (_, rate) => {
  const page = await ended();
  page.server.rate = rate;
  await press("Good");
  await settle();
  expect(screen.getByText("It was not sent. Try again.")).toBeVisible();
  expect(button("Good")).toHaveAttribute("aria-pressed", "false");
  page.server.rate = async () => new Response(null, { status: 204 });
  await press("Good");
  await settle();
  expect(button("Good")).toHaveAttribute("aria-pressed", "true");
});

it("asks nobody about a call of which nothing is kept", async () => {
  await ended({ is_kept: false });
  expect(group()).toBeNull();
});

it("does not ask about the last call when the next one never began", async () => {
  const page = await ended();
  expect(group()).toBeVisible();
  page.server.answer = async () => new Response(null, { status: 500 });
  await press("Talk again");
  await settle();
  expect(group()).toBeNull();
});

it("says how long the call was", async () => {
  const page = await call();
  const now = performance.now();
  vi.spyOn(performance, "now").mockReturnValue(now + 65_000);
  await press("End call");
  await settle();
  vi.mocked(performance.now).mockRestore();
  expect(screen.getByText("1:05")).toBeVisible();
  page.unmount();
});

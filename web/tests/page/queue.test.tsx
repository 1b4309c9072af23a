import { act, fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, vi } from "vitest";

import { rooms } from "./offlineRoom";
import { keyOf } from "./requests";
import { button, settle, status, visit } from "./visit";

import { promise } from "../promise";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

afterEach(() => void vi.useRealTimers());

type Page = ReturnType<typeof visit>;

const place = (number: number, secs = 3) =>
  new Response(JSON.stringify({ place: number, kept_secs: 60 }), {
    status: 202,
    headers: { "Retry-After": String(secs) },
  });
const pass = (ms: number) => act(async () => void (await vi.advanceTimersByTimeAsync(ms)));

/** The server gives these answers one after the other, then the session. */
async function waiting(...answers: (() => Promise<Response>)[]): Promise<Page> {
  const page = visit();
  const { answer } = page.server;
  page.server.answer = () => (answers.shift() ?? answer)();
  vi.useFakeTimers();
  fireEvent.click(button("Start talking"));
  await pass(10);
  return page;
}

promise(
  "Page",
  "Where all lines are busy the page waits in line, and says in which place.",
  async () => {
    const page = await waiting(
      async () => place(3, 5),
      async () => place(2, 3),
      () => Promise.reject(new TypeError("Failed to fetch")),
      async () => place(1, 2),
    );
    expect(status()).toBe("You are number 3 in line");
    expect(screen.getByRole("status")).toHaveTextContent("number 3");
    await pass(4_900);
    expect(page.server.of("POST")).toHaveLength(1);
    await pass(100);
    expect(status()).toBe("You are number 2 in line");
    // A place is kept while the server is not reached.
    await pass(3_000);
    expect(status()).toBe("You are number 2 in line");
    await pass(2_000);
    expect(status()).toBe("You are next in line");
    await pass(2_000);
    vi.useRealTimers();
    await settle();
    expect(page.room().joined).toBeDefined();
    await act(async () => page.room().botComes());
    await settle();
    expect(screen.getByRole("group", { name: "Call controls" })).toBeVisible();
    const keys = page.server.of("POST").map(keyOf);
    expect(keys).toHaveLength(5);
    expect(new Set(keys).size).toBe(1);
  },
);

promise("Page", "Nobody is listened to while waiting in line.", async () => {
  const page = await waiting(async () => place(1, 2));
  expect(page.devices.opened.map(({ readyState }) => readyState)).toEqual(["ended"]);
  await pass(2_000);
  expect(page.devices.opened.map(({ readyState }) => readyState)).toEqual(["ended", "live"]);
  expect(page.room().published?.options).toEqual({ preConnectBuffer: true });
});

promise("Page", "Whoever does not want to wait leaves the line.", async () => {
  const page = await waiting(async () => place(2));
  fireEvent.click(button("Cancel"));
  await pass(10_000);
  expect(page.server.of("POST")).toHaveLength(1);
  const [left] = page.server.of("DELETE");
  expect(left?.url).toBe("/api/sessions");
  expect(keyOf(left)).toBe(keyOf(page.server.of("POST")[0]));
  expect(left?.init.keepalive).toBe(true);
  expect(button("Start talking")).toBeVisible();
  page.unmount();

  const closed = await waiting(async () => place(2));
  window.dispatchEvent(new Event("pagehide"));
  expect(closed.server.of("DELETE").map(({ url }) => url)).toEqual(["/api/sessions"]);
});

promise("Page", "A line that is closed is told, and not waited in.", async () => {
  const refusal = { error: { code: "draining", message: "No." } };
  const page = await waiting(
    async () => place(1),
    async () => new Response(JSON.stringify(refusal), { status: 503 }),
  );
  await pass(3_000);
  vi.useRealTimers();
  await settle();
  expect(screen.getByRole("alert")).toHaveTextContent("being updated");
  expect(page.server.of("POST")).toHaveLength(2);
  expect(rooms.every(({ joined }) => joined === undefined)).toBe(true);
});

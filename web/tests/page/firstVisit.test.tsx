import { act, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";

import { button, call, press, settle, visit, words } from "./visit";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

afterEach(() => window.history.replaceState(null, "", "/"));

const headings = () => screen.getAllByRole("heading", { level: 1 }).map((one) => one.textContent);

it("says what it is, and what one can ask it for", () => {
  visit();
  expect(headings()).toEqual(["Let’s talk."]);
  expect(screen.getByText(/is a computer that talks/)).toBeVisible();
  expect(screen.getByText(/the time in Tokyo/)).toBeVisible();
});

it.each(["#join=abc", "#invite=abc.def"])("tells who came by %s of the invitation", (hash) => {
  window.history.replaceState(null, "", hash);
  visit();
  expect(headings()).toEqual(["You are invited."]);
});

it("asks for nothing in a browser that can hold no call, and says so", async () => {
  const given = globalThis.RTCPeerConnection;
  vi.stubGlobal("RTCPeerConnection", undefined);
  try {
    const page = visit();
    await press("Start talking");
    await settle();
    expect(screen.getByRole("alert")).toHaveTextContent("This browser lacks what a call needs.");
    expect(screen.queryByRole("button", { name: "Type instead" })).toBeNull();
    expect([page.devices.asked, page.server.of("POST")]).toEqual([0, []]);
  } finally {
    vi.stubGlobal("RTCPeerConnection", given);
  }
});

it("has one heading and a title of its own in each phase", async () => {
  const page = visit();
  expect(document.title).toBe("Parley");
  const goOn = page.server.waits();
  await press("Start talking");
  await settle();
  expect([headings(), document.title]).toEqual([["Parley"], "Connecting · Parley"]);
  goOn();
  await settle();
  await act(async () => page.room().botComes());
  await settle();
  expect([headings(), document.title]).toEqual([["Parley"], "In a call · Parley"]);
  await press("End call");
  await settle();
  expect([headings(), document.title]).toEqual([["Parley"], "Call ended · Parley"]);
  page.server.answer = async () => new Response(null, { status: 500 });
  await press("Talk again");
  await settle();
  expect([headings(), document.title]).toEqual([["Parley"], "No call · Parley"]);
});

it("keeps the words of the last call in view until the next one begins", async () => {
  const page = await call();
  await act(async () => page.room().hears("bot", ["Hello."], { "lk.segment_id": "1" }));
  await press("End call");
  await settle();
  const goOn = page.server.waits();
  await press("Talk again");
  await settle();
  expect(button("Cancel")).toBeVisible();
  expect(words()).toEqual(["Parley: Hello."]);
  goOn();
  await settle();
  expect(words()).toEqual([]);
});

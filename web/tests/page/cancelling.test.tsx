import { act, fireEvent, screen } from "@testing-library/react";
import { DisconnectReason } from "livekit-client";
import { afterEach, expect, it, vi } from "vitest";

import { keptTicket } from "@/lib/ticket";

import { rooms } from "./offlineRoom";
import { refusal } from "./requests";
import { button, call, press, settle, visit, words } from "./visit";

import { promise } from "../promise";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

afterEach(() => void vi.useRealTimers());

const hasSession = ({ server }: ReturnType<typeof visit>) =>
  server.of("POST").filter(({ url }) => /sessions$/.test(url)).length > server.of("DELETE").length;
const isListening = ({ devices }: ReturnType<typeof visit>) =>
  devices.opened.some(({ readyState }) => readyState === "live");

promise("Page", "A cancelled call leaves no microphone, session or room behind.", async () => {
  const asking = visit({ mayListen: false });
  asking.devices.askFirst();
  await press("Start talking");
  await press("Cancel");
  await act(async () => asking.devices.allow());
  await settle();
  expect(isListening(asking)).toBe(false);
  expect(asking.server.requests).toEqual([]);
  asking.unmount();

  const starting = visit();
  const answer = starting.server.waits();
  await press("Start talking");
  await settle();
  await press("Cancel");
  await act(async () => answer());
  await settle();
  expect(rooms.every(({ joined }) => joined === undefined)).toBe(true);
  expect(isListening(starting)).toBe(false);
  starting.unmount();

  const waiting = visit();
  await press("Start talking");
  await settle();
  await press("Cancel");
  await settle();
  expect(hasSession(waiting)).toBe(false);
  expect(waiting.room().hasLeft).toBe(true);
  expect(isListening(waiting)).toBe(false);
});

promise(
  "Page",
  "Whoever cancels a start is back where they began it, and is told of no call that was none.",
  async () => {
    const page = visit();
    await press("Start talking");
    await press("Cancel");
    await settle();
    expect(button("Start talking")).toBeVisible();
    expect(screen.queryByText(/ended/)).toBeNull();

    // Nor of what was said before it had begun.
    await press("Start talking");
    await settle();
    await act(async () => page.room().botComes({ "lk.agent.state": "initializing" }));
    await act(async () => page.room().hears("bot", ["Hello."], { "lk.segment_id": "1" }));
    expect(words()).toEqual(["Parley: Hello."]);
    await press("Cancel");
    await settle();
    expect(words()).toEqual([]);
    expect(button("Start talking")).toBeVisible();

    // After a call, that call's own end is what there is to tell.
    await press("Start talking");
    await settle();
    await act(async () => page.room().botComes({ "parley.end_reason": "goodbye" }));
    await act(async () => page.room().botSays({ "lk.agent.state": "listening" }));
    act(() => page.room().ends(DisconnectReason.ROOM_DELETED));
    await settle();
    expect(screen.getByText(/Goodbye/)).toBeVisible();
    const length = screen.getByText("Length of the call").parentElement?.textContent;
    await press("Talk again");
    await press("Cancel");
    await settle();
    expect(screen.getByText(/Goodbye/)).toBeVisible();
    expect(screen.getByText("Length of the call").parentElement).toHaveTextContent(String(length));

    // Also where another start was refused in between; its refusal may be no truth any more.
    page.server.answer = async () => refusal("at_capacity", 503);
    await press("Talk again");
    await settle();
    expect(screen.getByRole("alert")).toHaveTextContent("All lines are busy");
    page.server.waits();
    await press("Try again");
    await press("Cancel");
    await settle();
    expect(screen.getByText(/Goodbye/)).toBeVisible();
  },
);

promise(
  "Page",
  "Whoever cancels a start is back where they began it, and is told of no call that was none.",
  async () => {
    // The call that another tab has is not this one's to end.
    const page = await call();
    localStorage.clear();
    act(() => page.room().ends(DisconnectReason.DUPLICATE_IDENTITY));
    await settle();
    const { resume } = page.server;
    page.server.resume = () => new Promise(() => undefined);
    await press("Take it back here");
    await settle();
    page.server.resume = resume;
    await press("Cancel");
    await settle();
    expect(screen.getByText("Another tab has taken this call.")).toBeVisible();
    expect(page.server.of("DELETE")).toEqual([]);
    expect(isListening(page)).toBe(false);
  },
);

promise(
  "Page",
  "Whoever cancels a start is back where they began it, and is told of no call that was none.",
  async () => {
    // Nor is a start that follows a way back that failed the other tab's, at whatever step.
    for (const isWithSession of [false, true]) {
      const page = await call();
      localStorage.clear();
      act(() => page.room().ends(DisconnectReason.DUPLICATE_IDENTITY));
      await settle();
      const { resume } = page.server;
      page.server.resume = () => Promise.reject(new TypeError("Failed to fetch"));
      vi.useFakeTimers();
      fireEvent.click(button("Take it back here"));
      await act(async () => void (await vi.advanceTimersByTimeAsync(61_000)));
      vi.useRealTimers();
      expect(screen.getByRole("alert")).toHaveTextContent("connection");
      page.server.resume = resume;
      if (!isWithSession) page.server.waits();
      await press("Talk again");
      await settle();
      await press("Cancel");
      await settle();
      expect(screen.queryByText("Another tab has taken this call.")).toBeNull();
      expect(button("Start talking")).toBeVisible();
      expect(page.server.of("DELETE")).toHaveLength(isWithSession ? 1 : 0);
      expect(window.sessionStorage).toHaveLength(0);
      page.unmount();
    }
  },
);

it("ends a call that was just taken back from another tab", async () => {
  const page = await call();
  localStorage.clear();
  act(() => page.room().ends(DisconnectReason.DUPLICATE_IDENTITY));
  await settle();
  // The other tab is out with the join; here the microphone is still to be published.
  for (const { localParticipant } of rooms)
    localParticipant.publishTrack = () => new Promise(() => undefined);
  await press("Take it back here");
  await settle();
  await press("Cancel");
  await settle();
  expect(screen.getByText("You ended the call.")).toBeVisible();
  expect(page.server.of("DELETE")).toHaveLength(1);
  expect(window.sessionStorage).toHaveLength(0);
});

it("ends no call that could not be taken back from another tab", async () => {
  const page = await call();
  localStorage.clear();
  act(() => page.room().ends(DisconnectReason.DUPLICATE_IDENTITY));
  await settle();
  // The server gives the way back, but its rooms are not to be reached from here.
  rooms.forEach((room) => (room.isUnreachable = true));
  vi.useFakeTimers();
  fireEvent.click(button("Take it back here"));
  await act(async () => void (await vi.advanceTimersByTimeAsync(61_000)));
  vi.useRealTimers();
  await settle();
  expect(screen.getByRole("alert")).toHaveTextContent("connection");
  expect(page.server.of("DELETE")).toEqual([]);
  expect(keptTicket()).toMatchObject({ sessionId: "s1", isElsewhere: true });
});

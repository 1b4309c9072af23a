import { act, fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { DisconnectReason, RoomEvent } from "livekit-client";
import { afterEach, expect, vi } from "vitest";

import { button, call, press, settle, status, TOKEN, visit } from "./visit";

import { promise } from "../promise";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

afterEach(() => void vi.useRealTimers());

const hasSession = ({ server }: ReturnType<typeof visit>) =>
  server.of("POST").filter(({ url }) => /sessions$/.test(url)).length > server.of("DELETE").length;
const isListening = ({ devices }: ReturnType<typeof visit>) =>
  devices.opened.some(({ readyState }) => readyState === "live");

promise("Page", "One click leads to a call with the bot.", async () => {
  const { server, room } = await call();
  expect(room().joined).toEqual({ url: "wss://livekit.example", token: TOKEN });
  expect(server.of("POST").map(({ url }) => url)).toEqual(["/api/sessions"]);
  expect(screen.getByRole("group", { name: "Call controls" })).toBeVisible();
  expect(status()).toBe("Listening");
});

promise(
  "Page",
  "A second click on the button that starts a call starts no second one.",
  async () => {
    const page = visit();
    const start = button("Start talking");
    start.click();
    start.click();
    await settle();
    expect(page.server.of("POST")).toHaveLength(1);
  },
);

promise(
  "Page",
  "Whoever ends the call leaves the room, and the session ends at once.",
  async () => {
    const page = await call();
    let wasInRoom: boolean | undefined;
    const { requests } = page.server;
    requests.push = (request) => {
      wasInRoom = !page.room().hasLeft;
      return Array.prototype.push.call(requests, request);
    };
    await press("End call");
    await settle();
    const [end] = page.server.of("DELETE");
    expect(end?.url).toBe("/api/sessions/s1");
    expect(new Headers(end?.init.headers).get("Authorization")).toBe(`Bearer ${TOKEN}`);
    // A room that is deleted around the caller would look like a broken connection.
    expect(wasInRoom).toBe(false);
    expect(screen.getByText("You ended the call.")).toBeVisible();
  },
);

promise("Page", "A call that is ended is over also when leaving its room hangs.", async () => {
  const page = await call();
  page.room().isStuck = true;
  vi.useFakeTimers();
  fireEvent.click(button("End call"));
  await act(async () => vi.advanceTimersByTimeAsync(2_000));
  vi.useRealTimers();
  await settle();
  expect(page.server.of("DELETE")).toHaveLength(1);
  expect(screen.getByText("You ended the call.")).toBeVisible();
});

promise("Page", "A double click begins a call and does not cancel it.", async () => {
  const page = await call();
  await press("End call");
  await settle();
  // The second click falls on what has taken the button's place.
  await press("Talk again");
  fireEvent.click(button("Cancel"), { detail: 2 });
  await settle();
  expect(status()).toBe("Go ahead, I’m listening");
  expect(hasSession(page)).toBe(true);
});

promise(
  "Page",
  "Talk again begins a whole new call, without the words of the last one.",
  async () => {
    const page = await call();
    await act(async () => page.room().hears("bot", ["Hello."], { "lk.segment_id": "1" }));
    await press("End call");
    await settle();
    expect(screen.getByRole("listitem")).toHaveTextContent("Hello.");
    const first = page.room();
    await press("Talk again");
    await settle();
    expect(screen.queryByRole("listitem")).toBeNull();
    expect(page.room()).not.toBe(first);
    await act(async () => page.room().botComes());
    await settle();
    expect(isListening(page)).toBe(true);
    expect(status()).toBe("Listening");
    await act(async () => page.room().hears("bot", ["Hi."], { "lk.segment_id": "1" }));
    expect(screen.getByRole("listitem")).toHaveTextContent("Hi.");
    const keys = page.server.of("POST").map(({ init }) => new Headers(init.headers));
    expect(new Set(keys.map((headers) => headers.get("Idempotency-Key"))).size).toBe(2);
  },
);

promise("Page", "A page that cannot be come back to ends its session as it goes.", async () => {
  const page = visit();
  window.dispatchEvent(new Event("pagehide"));
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("", "QuotaExceededError");
  });
  await press("Start talking");
  await settle();
  expect(page.server.of("DELETE")).toEqual([]);
  window.dispatchEvent(new Event("pagehide"));
  const [end] = page.server.of("DELETE");
  expect(end?.init.keepalive).toBe(true);
});

promise("Page", "While the connection is being restored the page says so.", async () => {
  const { room } = await call();
  const signs = [
    [RoomEvent.SignalReconnecting, "Weak connection"],
    [RoomEvent.Reconnecting, "Coming back …"],
  ] as const;
  for (const [event, words] of signs) {
    act(() => void room().emit(event));
    expect(status()).toBe(words);
    act(() => void room().emit(RoomEvent.Reconnected));
    expect(status()).toBe("Listening");
  }
  const network = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  act(() => void window.dispatchEvent(new Event("offline")));
  expect(status()).toBe("Weak connection");
  act(() => void room().emit(RoomEvent.Reconnecting));
  expect(status()).toBe("You are offline. Coming back …");
  network.mockReturnValue(true);
  act(() => void window.dispatchEvent(new Event("online")));
  expect(status()).toBe("Coming back …");
});

promise("Page", "A connection that is lost for good is told as such.", async () => {
  const page = await call();
  page.server.resume = () => Promise.reject(new TypeError("Failed to fetch"));
  vi.useFakeTimers();
  act(() => page.room().ends(DisconnectReason.SIGNAL_CLOSE));
  expect(status()).toBe("Coming back …");
  await act(async () => vi.advanceTimersByTimeAsync(29_000));
  expect(status()).toBe("Coming back …");
  await act(async () => vi.advanceTimersByTimeAsync(2_000));
  vi.useRealTimers();
  await settle();
  expect(screen.getByRole("alert")).toHaveTextContent("The connection was lost");
  expect(button("Talk again")).toBeVisible();
  expect(isListening(page)).toBe(false);
  expect(hasSession(page)).toBe(false);
  expect(window.sessionStorage).toHaveLength(0);
});

promise("Page", "A bot that is gone is told at once, and given up after 25 seconds.", async () => {
  const { room } = await call();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const pass = (ms: number) => act(async () => void (await vi.advanceTimersByTimeAsync(ms)));
  act(() => room().botLeaves());
  await pass(1_000);
  expect(status()).toBe("The assistant is coming back …");
  await act(async () => room().botComes());
  expect(status()).toBe("Listening");
  act(() => room().botLeaves());
  await pass(24_500);
  expect(screen.queryByText(/left the call unexpectedly/)).toBeNull();
  await pass(1_000);
  expect(screen.getByRole("alert")).toHaveTextContent("left the call unexpectedly");
});

promise("Page", "A bot that does not come is waited for 20 seconds.", async () => {
  const page = visit();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  fireEvent.click(button("Start talking"));
  const pass = (ms: number) => act(async () => void (await vi.advanceTimersByTimeAsync(ms)));
  await pass(10);
  await pass(19_000);
  expect(screen.getByText("Still connecting. I have what you said so far.")).toBeVisible();
  await pass(2_000);
  expect(screen.getByRole("alert")).toHaveTextContent("did not pick up");
  expect(hasSession(page)).toBe(false);
  expect(isListening(page)).toBe(false);
});

promise("Page", "A bot that is not ready yet is waited for.", async () => {
  const { room } = visit();
  await press("Start talking");
  await settle();
  await act(async () => room().botComes({ "lk.agent.state": "initializing" }));
  expect(status()).toBe("Go ahead, I’m listening");
  await act(async () => room().botSays({ "lk.agent.state": "speaking" }));
  expect(status()).toBe("Speaking");
});

promise("Page", "An avatar in the room is not taken for the bot.", async () => {
  const { room } = visit();
  await press("Start talking");
  await settle();
  await act(async () =>
    room().botComes({ "lk.agent.state": "speaking", "lk.publish_on_behalf": "bot" }),
  );
  expect(status()).toBe("Go ahead, I’m listening");
});

promise("Page", "The page shows what the bot does, in words.", async () => {
  const { room } = await call();
  for (const [state, said] of [
    ["thinking", "Thinking"],
    ["speaking", "Speaking"],
    ["listening", "Listening"],
  ] as const) {
    await act(async () => room().botSays({ "lk.agent.state": state }));
    expect(status()).toBe(said);
  }
});

promise("Page", "The screen stays awake during a call, and only then.", async () => {
  const release = vi.fn(async () => undefined);
  const request = vi.fn(async () => ({ release }));
  Object.defineProperty(navigator, "wakeLock", { value: { request }, configurable: true });
  const { room } = visit();
  expect(request).not.toHaveBeenCalled();
  // From the click on: who waits for a line touches nothing either.
  await press("Start talking");
  await settle();
  expect(request).toHaveBeenCalled();
  await act(async () => room().botComes());
  await settle();
  expect(request.mock.calls.length - release.mock.calls.length).toBe(1);
  await press("End call");
  await settle();
  expect(request.mock.calls.length - release.mock.calls.length).toBe(0);
  Reflect.deleteProperty(navigator, "wakeLock");
});

promise("Page", "A whole call can be held with the keyboard alone.", async () => {
  const { room } = visit();
  // The button that was pressed is gone; the keyboard goes on at the next ones, not at the top.
  const nextIs = async (name: string) => {
    expect(document.activeElement).not.toBe(document.body);
    expect(document.activeElement).toContainElement(button(name));
    await userEvent.tab();
    expect(button(name)).toHaveFocus();
  };
  await userEvent.tab();
  expect(button("Start talking")).toHaveFocus();
  await userEvent.keyboard("{Enter}");
  await settle();
  await nextIs("Cancel");
  await act(async () => room().botComes());
  await settle();
  await nextIs("Mute microphone");
  // The choice of microphone and the text box lie between.
  for (let step = 0; step < 3; step++) await userEvent.tab();
  expect(button("End call")).toHaveFocus();
  await userEvent.keyboard(" ");
  await settle();
  await nextIs("Talk again");
});

promise("Page", "Where the browser keeps the sound back, one tap brings it.", async () => {
  const { room } = await call();
  const startAudio = vi.fn(async () => undefined);
  room().startAudio = startAudio;
  vi.spyOn(room(), "canPlaybackAudio", "get").mockReturnValue(false);
  act(() => void room().emit(RoomEvent.AudioPlaybackStatusChanged, false));
  await press("Tap to hear");
  expect(startAudio).toHaveBeenCalledTimes(1);
});

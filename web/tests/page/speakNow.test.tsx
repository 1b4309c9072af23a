import { act, fireEvent, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";

import { rooms } from "./offlineRoom";
import { button, press, settle, status, visit } from "./visit";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

afterEach(() => {
  vi.useRealTimers();
  window.location.hash = "";
});

const pass = (ms: number) => act(async () => void (await vi.advanceTimersByTimeAsync(ms)));
const never = () => new Promise<Response>(() => undefined);

const LISTENS = "Go ahead, I’m listening";

/** A page whose start goes on as far as the server lets it. */
async function starting(prepare: (page: ReturnType<typeof visit>) => void = () => undefined) {
  const page = visit();
  prepare(page);
  vi.useFakeTimers();
  fireEvent.click(button("Start talking"));
  for (let step = 0; step < 3; step++) await pass(10);
  return page;
}

describe("from the moment the microphone records, one may speak", () => {
  it("while the session is still asked for, and while the bot still comes", async () => {
    const page = visit();
    const answer = page.server.waits();
    await press("Start talking");
    await settle();
    expect(status()).toBe(LISTENS);
    await act(async () => answer());
    await settle();
    expect(page.room().published?.options).toEqual({ preConnectBuffer: true });
    expect(status()).toBe(LISTENS);
    await act(async () => page.room().botComes());
    await settle();
    expect(status()).toBe("Listening");
  });

  it("but nothing is promised where the browser cannot record", async () => {
    const page = visit();
    vi.spyOn(MediaRecorder.prototype, "start").mockImplementation(() => {
      throw new DOMException("", "NotSupportedError");
    });
    page.server.answer = never;
    await press("Start talking");
    await settle();
    expect(status()).toBe("Connecting");
  });

  it("and nobody does so by typing", async () => {
    const page = visit();
    page.devices.refusal = new DOMException("", "NotFoundError");
    await press("Start talking");
    await settle();
    page.server.answer = never;
    await press("Type instead");
    await settle();
    expect(status()).toBe("Connecting");
  });

  it("nor in line, until it is one's turn", async () => {
    const place = JSON.stringify({ place: 1, kept_secs: 60 });
    const page = await starting(({ server }) => {
      const { answer } = server;
      const answers = [async () => new Response(place, { status: 202 })];
      server.answer = () => (answers.shift() ?? answer)();
    });
    expect(status()).toBe("You are next in line");
    await pass(2_010);
    await pass(10);
    expect(page.room().published).toBeDefined();
    expect(status()).toBe(LISTENS);
  });
});

describe("a microphone that the computer has muted", () => {
  it("is not said to be heard while the call begins, and is once it can be", async () => {
    const page = await starting(({ server }) => void (server.answer = never));
    expect(status()).toBe(LISTENS);
    const [microphone] = page.devices.opened;
    act(() => microphone?.does("mute"));
    await pass(700);
    expect(status()).toBe("You cannot be heard");
    expect(screen.getByRole("alert")).toHaveTextContent(/muted/i);
    await pass(9_000);
    expect(status()).toBe("You cannot be heard");
    act(() => microphone?.does("unmute"));
    await pass(700);
    expect(status()).toBe("Still connecting. I have what you said so far.");
    expect(screen.getByRole("alert")).toBeEmptyDOMElement();
  });

  it("has ended: is not said to be heard either", async () => {
    const page = await starting(({ server }) => void (server.answer = never));
    act(() => page.devices.opened[0]?.does("ended"));
    await pass(700);
    expect(status()).toBe("You cannot be heard");
  });
});

describe("what takes long says what it waits for", () => {
  it.each([
    ["the microphone", ({ devices }: ReturnType<typeof visit>) => devices.askFirst(), "allow it"],
    [
      "the server",
      ({ server }: ReturnType<typeof visit>) => void (server.answer = never),
      "I’m listening. The line is still being made",
    ],
    ["the assistant", () => undefined, "I’m listening. The line is still being made"],
  ])("%s, after two seconds", async (_what, prepare, words) => {
    await starting(prepare);
    await pass(1_800);
    expect(status()).not.toContain(words);
    await pass(200);
    expect(status()).toContain(words);
  });

  it("and when the recording is full, that one need not go on", async () => {
    await starting();
    await pass(8_800);
    expect(status()).toContain("I’m listening");
    await pass(200);
    expect(status()).toBe("Still connecting. I have what you said so far.");
  });
});

describe("the start is asked for beside the microphone", () => {
  it("where the browser asks nobody", async () => {
    const page = visit();
    page.devices.askFirst();
    await press("Start talking");
    await settle();
    expect(page.server.of("POST")).toHaveLength(1);
    expect(rooms.every(({ joined }) => joined === undefined)).toBe(true);
    await act(async () => page.devices.allow());
    await settle();
    expect(page.room().published).toBeDefined();
  });

  it.each([
    ["it may ask", false, ""],
    ["a link would be used up", true, "#join=aB3"],
  ])("but after it where %s", async (_why, mayListen, hash) => {
    window.location.hash = hash;
    const page = visit({ mayListen });
    page.devices.askFirst();
    await press("Start talking");
    await settle();
    expect(page.server.of("POST")).toEqual([]);
    await act(async () => page.devices.allow());
    await settle();
    expect(page.server.of("POST")).toHaveLength(1);
  });

  it("and what it brought is ended when there is no microphone after all", async () => {
    const page = visit();
    page.devices.refusal = new DOMException("", "NotReadableError");
    await press("Start talking");
    await settle();
    expect(screen.getByRole("alert")).toHaveTextContent("Another app is using your microphone");
    expect(page.server.of("DELETE")).toHaveLength(page.server.of("POST").length);
  });
});

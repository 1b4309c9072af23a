import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { DisconnectReason } from "livekit-client";
import { afterEach, expect, it, vi } from "vitest";

import { keptTicket } from "@/lib/ticket";

import { rooms } from "./offlineRoom";
import { bodyOf, HTML, refusal, resumes, sentElsewhere } from "./requests";
import { button, call, press, settle, status, TOKEN, typedCall, visit, words } from "./visit";

import { promise } from "../promise";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

afterEach(() => void vi.useRealTimers());

type Page = ReturnType<typeof visit>;

const SAID = [
  { who: "bot", text: "Hello.", is_cut: false },
  { who: "caller", text: "A story, please.", is_cut: false },
  { who: "bot", text: "Once upon", is_cut: true },
];

/** The page goes, and is loaded anew in the same tab; the server has answered by then. */
async function reload(left: Page, prepare: (page: Page) => void = () => undefined, given = {}) {
  window.dispatchEvent(new Event("pagehide"));
  // A page that is left runs no more code; here its components are taken down properly.
  const kept = { ...window.sessionStorage };
  left.unmount();
  Object.assign(window.sessionStorage, kept);
  const page = visit({ isReload: true, ...given });
  prepare(page);
  await settle();
  return page;
}

promise("Page", "A page that is reloaded in a call is back in it, with all words.", async () => {
  const left = await call();
  window.dispatchEvent(new Event("pagehide"));
  expect(left.server.of("DELETE")).toEqual([]);
  const page = await reload(left, ({ server }) => {
    const { resume } = server;
    server.resume = () => resume(SAID);
  });
  expect(resumes(page).map(({ url }) => url)).toEqual(["/api/sessions/s1/resume"]);
  expect(bodyOf(resumes(page)[0])).toEqual({ resume_ticket: "ticket-1" });
  expect(page.room().joined).toEqual({ url: "wss://livekit.example", token: `${TOKEN}-2` });
  expect(words()).toEqual([
    "Parley: Hello.",
    "You: A story, please.",
    "Parley: Once upon — (interrupted)",
  ]);
  await act(async () => page.room().botComes({ "lk.agent.state": "speaking" }));
  await settle();
  expect(status()).toBe("Speaking");
  expect(page.room().published?.track.isMuted).toBe(false);
  // What was being said comes again, whole: it is one line, not two.
  const line = { "lk.segment_id": "7" };
  await act(async () => page.room().hears("bot", ["Once upon", " a time."], line));
  expect(words().slice(2)).toEqual(["Parley: Once upon a time."]);
  expect(keptTicket()).toMatchObject({ ticket: "ticket-2" });
});

promise("Page", "Who was muted comes back muted, and who typed without a microphone.", async () => {
  const muted = await call();
  await press("Mute microphone");
  const back = await reload(muted);
  expect(back.room().published?.track.isMuted).toBe(true);
  expect(back.devices.opened.every(({ enabled }) => !enabled)).toBe(true);
  back.unmount();

  const again = await reload(await typedCall());
  expect(again.devices.asked).toBe(0);
  expect(again.room().joined).toBeDefined();
});

promise("Page", "A page that comes back by itself asks for no microphone.", async () => {
  const page = await reload(await call(), undefined, { mayListen: false });
  expect(page.devices.asked).toBe(0);
  await act(async () => page.room().botComes());
  await settle();
  expect(status()).toBe("Type to talk");
  expect(button("Turn on microphone")).toBeVisible();
});

promise(
  "Page",
  "A way back that is refused leads to the start, with one true sentence.",
  async () => {
    const cases = [
      [refusal("session_gone", 410, { reason: "time_limit" }), "The call reached its time limit."],
      [
        refusal("session_gone", 410, { reason: "caller_left" }),
        "The call ended while you were away.",
      ],
      [refusal("session_gone", 410), "The call ended while you were away."],
      [refusal("unauthorized", 401), "Your last call could not be found again."],
      [refusal("forbidden", 403), "Your last call could not be found again."],
      [refusal("not_found", 404), "Your last call could not be found again."],
    ] as const;
    for (const [answer, sentence] of cases) {
      const page = await reload(await call(), ({ server }) => (server.resume = async () => answer));
      expect(screen.getByText(sentence)).toBeVisible();
      expect(button("Talk again")).toBeVisible();
      expect(resumes(page)).toHaveLength(1);
      expect(window.sessionStorage).toHaveLength(0);
      expect(page.devices.opened.every(({ readyState }) => readyState === "ended")).toBe(true);
      page.unmount();
    }
  },
);

promise("Page", "A call that has ended is not come back to.", async () => {
  const ended = await call();
  await press("End call");
  await settle();
  const page = await reload(ended);
  expect(button("Start talking")).toBeVisible();
  expect(page.server.requests).toEqual([]);
  page.unmount();

  const goodbye = await call();
  await act(async () => goodbye.room().botSays({ "parley.end_reason": "goodbye" }));
  act(() => goodbye.room().ends(DisconnectReason.ROOM_DELETED));
  await settle();
  expect(window.sessionStorage).toHaveLength(0);
});

promise("Page", "A ticket that cannot be read is no ticket.", async () => {
  for (const text of [
    "",
    "{",
    "null",
    "[]",
    "7",
    '{"sessionId":1,"ticket":"t"}',
    '{"ticket":"t"}',
  ]) {
    window.sessionStorage.setItem("parley.call", text);
    const page = visit({ isReload: true });
    await settle();
    expect(button("Start talking")).toBeVisible();
    expect(page.server.requests).toEqual([]);
    page.unmount();
  }
});

promise("Page", "A lost connection is made anew, as often as it takes.", async () => {
  const page = await call();
  const { resume } = page.server;
  const answers = [
    () => Promise.reject(new TypeError("Failed to fetch")),
    async () => refusal("livekit_unreachable", 503),
    async () => new Response("<html>", { status: 502 }),
    // A proxy's own page while its server is away, which looks as one for signing in does.
    async () => new Response("<html>", HTML),
    async () => sentElsewhere(),
    () => resume(SAID),
  ];
  page.server.resume = () => (answers.shift() ?? resume)();
  await act(async () => page.room().hears("bot", ["Hello."], { "lk.segment_id": "1" }));
  vi.useFakeTimers();
  act(() => page.room().ends(DisconnectReason.SIGNAL_CLOSE));
  await act(async () => vi.advanceTimersByTimeAsync(10));
  expect(status()).toBe("Coming back …");
  await act(async () => vi.advanceTimersByTimeAsync(10_000));
  vi.useRealTimers();
  expect(resumes(page)).toHaveLength(6);
  await act(async () => page.room().botComes());
  await settle();
  expect(status()).toBe("Listening");
  // The microphone is the same one, and was never closed.
  expect(page.devices.opened.map(({ readyState }) => readyState)).toEqual(["live"]);
  expect(words()).toEqual([
    "Parley: Hello.",
    "You: A story, please.",
    "Parley: Once upon — (interrupted)",
  ]);
});

promise("Page", "Back on the network the page comes back at once.", async () => {
  const page = await call();
  const { resume } = page.server;
  page.server.resume = () => Promise.reject(new TypeError("Failed to fetch"));
  vi.useFakeTimers();
  act(() => page.room().ends(DisconnectReason.SIGNAL_CLOSE));
  await act(async () => vi.advanceTimersByTimeAsync(20_000));
  const before = resumes(page).length;
  page.server.resume = resume;
  window.dispatchEvent(new Event("online"));
  await act(async () => vi.advanceTimersByTimeAsync(50));
  vi.useRealTimers();
  expect(resumes(page)).toHaveLength(before + 1);
  await act(async () => page.room().botComes());
  expect(status()).toBe("Listening");
});

promise("Page", "A call can be ended while its connection is lost.", async () => {
  const page = await call();
  page.server.resume = () => new Promise(() => undefined);
  act(() => page.room().ends(DisconnectReason.SIGNAL_CLOSE));
  await press("End call");
  await settle();
  expect(screen.getByText("You ended the call.")).toBeVisible();
  expect(page.server.of("DELETE")).toHaveLength(1);
  expect(window.sessionStorage).toHaveLength(0);
});

promise(
  "Page",
  "A second tab takes the call over, and the first does not fight for it.",
  async () => {
    const page = await call();
    // Where the browser keeps nothing, LiveKit's word is all there is.
    localStorage.clear();
    act(() => page.room().ends(DisconnectReason.DUPLICATE_IDENTITY));
    await settle();
    expect(screen.getByText("Another tab has taken this call.")).toBeVisible();
    expect(page.server.of("DELETE")).toEqual([]);
    expect(resumes(page)).toEqual([]);
    expect(page.devices.opened.every(({ readyState }) => readyState === "ended")).toBe(true);

    // Nor does it when it is loaded again.
    const again = await reload(page);
    expect(screen.getByText("Another tab has taken this call.")).toBeVisible();
    expect(again.server.requests).toEqual([]);
    expect(rooms.every(({ joined }) => joined === undefined)).toBe(true);

    await press("Take it back here");
    await settle();
    expect(resumes(again)).toHaveLength(1);
    await act(async () => again.room().botComes());
    await settle();
    expect(status()).toBe("Listening");
    expect(keptTicket()?.isElsewhere).toBe(false);
  },
);

promise("Page", "Where the browser keeps nothing the call itself is the same.", async () => {
  vi.spyOn(window, "sessionStorage", "get").mockImplementation(() => {
    throw new DOMException("", "SecurityError");
  });
  const page = await call();
  act(() => page.room().ends(DisconnectReason.SIGNAL_CLOSE));
  await settle();
  expect(resumes(page)).toHaveLength(1);
  await press("End call");
  await settle();
  expect(screen.getByText("You ended the call.")).toBeVisible();
});

promise(
  "Page",
  "Who has to show the key on the way back is asked at once, and is in.",
  async () => {
    let isIn = false;
    const page = await reload(await call(), ({ server }) => {
      const { resume } = server;
      server.resume = async () => (isIn ? resume(SAID) : refusal("key_needed", 401));
      server.answer = async () => {
        isIn = true;
        return new Response(null, { status: 204 });
      };
    });
    expect(screen.getByRole("alert")).toHaveTextContent("asks for a key");
    expect(page.devices.opened.every(({ readyState }) => readyState === "ended")).toBe(true);
    await userEvent.keyboard("correct horse{Enter}");
    await settle();
    expect(page.server.of("POST").map(({ url }) => url)).toEqual([
      "/api/sessions/s1/resume",
      "/api/access",
      "/api/sessions/s1/resume",
    ]);
    await act(async () => page.room().botComes());
    await settle();
    expect(words()).toHaveLength(3);
    expect(status()).toBe("Listening");
  },
);

it.each([
  ["invite_expired", 403, "This invitation is too old"],
  ["invite_revoked", 403, "This invitation was taken back"],
  ["invite_needed", 401, "You need an invitation"],
])("is not looked for again where the door says %s, which is told", async (code, status, words) => {
  const page = await reload(await call(), ({ server }) => {
    server.resume = async () => refusal(code, status);
  });
  expect(screen.getByRole("alert")).toHaveTextContent(words);
  expect(page.server.requests).toHaveLength(page.server.of("POST").length);
  expect(keptTicket()).toBeUndefined();
});

it("comes back whatever the address ends with, if it is no invitation", async () => {
  window.history.replaceState(null, "", "#words");
  const page = await reload(await call());
  window.history.replaceState(null, "", window.location.pathname);
  expect(resumes(page)).toHaveLength(1);
});

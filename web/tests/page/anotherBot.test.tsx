import { AgentSession } from "@livekit/protocol";
import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { DisconnectReason, RpcError } from "livekit-client";
import { afterEach, describe, expect, it, vi } from "vitest";

import { BACK_GRACE_MS } from "@/hooks/useLineLoss";
import { UNASKED_GRACE_MS } from "@/hooks/useToolAnswer";

import type { Sending } from "./offlineRoom";
import { ask, begin, end, hear, tell, tellEvent } from "./told";
import { box, button, call, press, settle, words } from "./visit";

import { promise } from "../promise";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

type Page = Awaited<ReturnType<typeof call>>;

const { TC_DONE } = AgentSession.ToolCallStatus;
const LISTENING = { "lk.agent.state": "listening" };
const ANOTHER = { ...LISTENING, "parley.job": "AJ_2" };
const BOOKING = "Booking an appointment · was not answered";

const yes = () => screen.queryByRole("button", { name: "Yes" });
const state = () => screen.getByText(/^(Listening|Your turn: yes or no\?)$/).textContent;

/** How the first bot goes, and another one comes. */
const GOINGS: [string, (page: Page) => Promise<void>][] = [
  [
    "leaves, and another comes",
    async (page) => {
      await act(async () => page.room().botLeaves());
      await act(async () => page.room().botComes(ANOTHER));
    },
  ],
  ["is replaced unseen", (page) => act(async () => page.room().botSays(ANOTHER))],
  [
    "is replaced while the connection is lost",
    async (page) => {
      page.server.resume = () => new Promise(() => undefined);
      await act(async () => page.room().ends(DisconnectReason.SIGNAL_CLOSE));
      await act(async () => {
        await page.room().connect("wss://livekit.example", "token");
        page.room().botComes(ANOTHER);
      });
    },
  ],
];

afterEach(() => void vi.useRealTimers());

describe.each(GOINGS)("when a bot %s", (_how, goes) => {
  promise("Page", "What a lost bot asked or did is over: nobody is asked twice.", async () => {
    const page = await call();
    await hear(page, "caller", "c1", ["Book it."]);
    await ask(page);
    await screen.findByRole("button", { name: "Yes" });
    await goes(page);
    await settle();
    expect(yes()).toBeNull();
    expect(state()).toBe("Listening");
    expect(words()).toEqual(["You: Book it.", "Parley: Shall I book it?", BOOKING]);
    await ask(page, "call_2");
    expect(screen.getAllByRole("button", { name: "Yes" })).toHaveLength(1);
    expect(document.title).toMatch(/your turn/i);
    await end(page, TC_DONE, "", "call_2");
    expect(state()).toBe("Listening");
    expect(document.title).not.toMatch(/your turn/i);
    // What is said later is nothing of the question.
    await hear(page, "bot", "b9", ["Shall I book it?"]);
    expect(words().at(-1)).toBe("Parley: Shall I book it?");
  });

  it("what it looked up is told as not finished", async () => {
    const page = await call();
    await begin(page, "get_weather");
    await goes(page);
    await settle();
    await act(async () => page.room().botSays({ "lk.agent.state": "thinking" }));
    expect(await screen.findByText("Thinking")).toBeVisible();
    expect(words()).toEqual([expect.stringMatching(/· was not finished$/)]);
  });

  it("what it was saying is shown as cut", async () => {
    const page = await call();
    await hear(page, "bot", "b1", ["Once upon"], { "lk.transcription_final": "false" }, true);
    await goes(page);
    await settle();
    expect(words()).toEqual(["Parley: Once upon — (interrupted)"]);
  });
});

it("calls for no answer that nobody would take", async () => {
  const page = await call();
  await ask(page);
  await screen.findByRole("button", { name: "Yes" });
  expect(document.title).toMatch(/your turn/i);
  page.server.resume = () => new Promise(() => undefined);
  await act(async () => page.room().ends(DisconnectReason.SIGNAL_CLOSE));
  expect(screen.getByText("Coming back …")).toBeVisible();
  expect(document.title).not.toMatch(/your turn/i);
});

it("leaves a question to be answered by a bot whose own connection was lost", async () => {
  const page = await call();
  await ask(page);
  await act(async () => page.room().botLeaves());
  await act(async () => page.room().botComes());
  await settle();
  expect(state()).toBe("Your turn: yes or no?");
  await press("Yes");
  await settle();
  expect(page.room().answers).toHaveLength(1);
});

it("says that a line was not sent that the bot before has not told of", async () => {
  const page = await call();
  await tellTurn(page, "Hello");
  await userEvent.type(await box(), "Are you there?{Enter}");
  await settle();
  vi.useFakeTimers();
  await act(async () => page.room().botSays(ANOTHER));
  await act(() => vi.advanceTimersByTimeAsync(BACK_GRACE_MS));
  expect(words()).toContain("You: Are you there? Not sent. Send again");
});

/** The bot's own account of a turn. */
function tellTurn(page: Page, text: string) {
  const payload = { case: "text" as const, value: text };
  const value = { role: AgentSession.ChatRole.ASSISTANT, content: [{ payload }] };
  const item = new AgentSession.ChatContext_ChatItem({ item: { case: "message", value } });
  const told = new AgentSession.AgentSessionEvent_ConversationItemAdded({ item });
  return tellEvent(page, { case: "conversationItemAdded", value: told });
}

/** A bot whose messages say whose they are, and how they reach the page when the next one is there. */
type Late = (page: Page, send: (sending: Sending) => Promise<void>) => Promise<void>;

const LATE: [string, Late][] = [
  [
    "came before, and is read after",
    async (page, send) => {
      let go: () => void = () => undefined;
      await send({ until: new Promise((resolve) => (go = resolve)) });
      await act(async () => page.room().botSays(ANOTHER));
      await act(async () => go());
    },
  ],
  [
    "comes after the news of the next one",
    async (page, send) => {
      await act(async () => page.room().botSays(ANOTHER));
      await send({ job: "AJ_1" });
    },
  ],
];

describe.each(LATE)("what a former bot has told, where it %s,", (_how, late) => {
  const begun = async () => {
    const page = await call();
    await act(async () => page.room().botSays({ ...LISTENING, "parley.job": "AJ_1" }));
    return page;
  };
  const said = (page: Page, chunks: string[], isFinal: boolean) =>
    late(page, ({ until, job }) => {
      const mark = job === undefined ? undefined : { "parley.job": job };
      const more = { "lk.transcription_final": String(isFinal), ...mark };
      return hear(page, "bot", "b1", chunks, more, !isFinal, until);
    });

  promise("Page", "What a lost bot asked or did is over: nobody is asked twice.", async () => {
    const page = await begun();
    await late(page, (sending) => ask(page, "call_1", sending));
    await settle();
    expect(yes()).toBeNull();
    expect(state()).toBe("Listening");
    expect(words()).toEqual(["Parley: Shall I book it?", BOOKING]);
    // The next one asks for itself.
    await ask(page, "call_2", { job: "AJ_2" });
    await settle();
    expect(screen.getAllByRole("button", { name: "Yes" })).toHaveLength(1);
  });

  it("is nothing that goes on", async () => {
    const page = await begun();
    await late(page, (sending) => begin(page, "weather", "call_1", sending));
    await settle();
    await act(async () => page.room().botSays({ "lk.agent.state": "thinking" }));
    expect(await screen.findByText("Thinking")).toBeVisible();
    expect(words()).toEqual(["Looking up the weather · was not finished"]);
  });

  it("is true where it tells of an end", async () => {
    const page = await begun();
    await begin(page, "weather");
    await late(page, (sending) => end(page, TC_DONE, "", "call_1", sending));
    await settle();
    expect(words()).toEqual(["Looked up the weather"]);
  });

  it.each([
    ["cut, where the rest of it was lost", false, "Parley: Once upon — (interrupted)"],
    ["whole, where it was", true, "Parley: Once upon"],
  ])("is what it has said, %s", async (_what, isFinal, line) => {
    const page = await begun();
    await said(page, ["Once ", "upon"], isFinal);
    await settle();
    expect(words()).toEqual([line]);
  });

  it("holds back nothing of the next one's words", async () => {
    const page = await begun();
    const value = new AgentSession.AgentSessionEvent_OverlappingSpeech({ isInterruption: true });
    await late(page, (sending) => tellEvent(page, { case: "overlappingSpeech", value }, sending));
    await settle();
    await act(async () => page.room().botSays({ "lk.agent.state": "speaking" }));
    expect(await screen.findByText("Speaking")).toBeVisible();
  });
});

it("does not take what the next bot asks for the former one's, though it overtakes the news", async () => {
  const page = await call();
  await act(async () => page.room().botSays({ ...LISTENING, "parley.job": "AJ_1" }));
  await begin(page, "weather");
  await ask(page, "call_2", { job: "AJ_2" });
  await act(async () => page.room().botSays(ANOTHER));
  await settle();
  expect(yes()).toBeVisible();
  expect(words()[0]).toBe("Looking up the weather · was not finished");
});

describe("an answer to a question that the bot does not ask", () => {
  const answered = async () => {
    const page = await call();
    await ask(page);
    page.room().localParticipant.performRpc = () => Promise.reject(new RpcError(404, ""));
    vi.useFakeTimers();
    button("Yes").click();
    await act(() => vi.advanceTimersByTimeAsync(0));
    expect(yes()).toHaveAttribute("aria-disabled", "true");
    return page;
  };

  it("takes its buttons away", async () => {
    await answered();
    await act(() => vi.advanceTimersByTimeAsync(UNASKED_GRACE_MS));
    expect(yes()).toBeNull();
    expect(words()).toEqual(["Parley: Shall I book it?", BOOKING]);
  });

  it("changes nothing of what came of it", async () => {
    const page = await answered();
    const value = { id: "call_1_confirmed", callId: "call_1", message: "confirmed" };
    await tell(page, { case: "callUpdated", value });
    await act(() => vi.advanceTimersByTimeAsync(UNASKED_GRACE_MS));
    expect(words().at(-1)).toBe("You said yes · Booking an appointment");
  });
});

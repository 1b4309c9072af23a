import { AgentSession } from "@livekit/protocol";
import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { DisconnectReason } from "livekit-client";
import { describe, expect, it, vi } from "vitest";

import { ask, end, hear, tell } from "./told";
import { box, button, call, press, settle, typedCall, visit, words } from "./visit";

import { promise } from "../promise";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

const callId = "call_1";
const { TC_CANCELLED, TC_DONE } = AgentSession.ToolCallStatus;
const announced = () => document.querySelector("main > [aria-live=polite]")?.textContent;

const question = () => screen.getByText("Shall I book it?", { selector: "li p span" });

promise("Page", "What both sides say is shown in order, each utterance once.", async () => {
  const page = await call();
  await hear(page, "bot", "b1", ["Hello.", " How are", " you?"]);
  await hear(page, "caller", "c1", ["what"], { "lk.transcription_final": "false" });
  await hear(page, "caller", "c1", ["What time"], { "lk.transcription_final": "false" });
  await hear(page, "bot", "b2", ["It is ten."]);
  await hear(page, "caller", "c1", ["What time is it?"]);
  await hear(page, "caller", "c1", ["What time is it?"]);
  expect(words()).toEqual([
    "Parley: Hello. How are you?",
    "You: What time is it?",
    "Parley: It is ten.",
  ]);
});

promise("Page", "A reply that was cut is shown as far as it was heard, with a dash.", async () => {
  const page = await call();
  await hear(page, "bot", "b1", ["Once upon", " a"], { "parley.interrupted": "true" });
  expect(words()).toEqual(["Parley: Once upon a — (interrupted)"]);
});

promise(
  "Page",
  "Whole utterances are announced to screen readers, growing ones are not.",
  async () => {
    const page = await typedCall();
    await hear(page, "bot", "b1", ["Hello."]);
    expect(announced()).toBe("Parley: Hello.");
    await hear(page, "caller", "c1", ["What"], { "lk.transcription_final": "false" });
    expect(announced()).toBe("Parley: Hello.");
    await hear(page, "caller", "c1", ["What time is it?"]);
    expect(announced()).toBe("You: What time is it?");
  },
);

it("has no screen reader talk into an open microphone", async () => {
  const page = await call();
  await hear(page, "bot", "b1", ["Hello."]);
  await hear(page, "caller", "c1", ["What time is it?"]);
  expect(document.querySelector("main > [aria-live=polite]")?.textContent).toBe("");
});

promise("Page", "A typed line is sent to the bot and shown once, as the caller's.", async () => {
  const page = await call();
  await userEvent.type(await box(), "What time is it?{Enter}");
  await settle();
  expect(page.room().typed).toEqual(["What time is it?"]);
  expect(words()).toEqual(["You: What time is it?"]);
  expect(screen.getByRole("textbox")).toHaveFocus();
});

promise("Page", "A line typed while no bot is there waits for the next one.", async () => {
  const page = await call();
  await act(async () => page.room().botLeaves());
  await userEvent.type(await box(), "What time is it?{Enter}");
  await settle();
  expect(page.room().typed).toEqual([]);
  await act(async () => page.room().botComes({}));
  await settle();
  expect(page.room().typed).toEqual([]);
  await act(async () => page.room().botSays({ "lk.agent.state": "listening" }));
  await settle();
  expect(page.room().typed).toEqual(["What time is it?"]);
  expect(words()).toEqual(["You: What time is it?"]);
});

promise(
  "Page",
  "A typed line that could not be sent says so, and is sent again when asked to.",
  async () => {
    const page = await call();
    const { sendText } = page.room().localParticipant;
    page.room().localParticipant.sendText = () => Promise.reject(new Error("closed"));
    await userEvent.type(await box(), "Hello{Enter}And more");
    await settle();
    expect(words()).toEqual(["You: Hello Not sent. Send again"]);
    // What was typed since stays.
    expect(screen.getByRole("textbox")).toHaveValue("And more");
    page.room().localParticipant.sendText = sendText;
    await press("Send again");
    await settle();
    expect(page.room().typed).toEqual(["Hello"]);
    expect(words()).toEqual(["You: Hello"]);
  },
);

describe("a line that is typed while the connection is lost", () => {
  const lost = async () => {
    const page = await call();
    page.server.resume = () => new Promise(() => undefined);
    act(() => page.room().ends(DisconnectReason.SIGNAL_CLOSE));
    await userEvent.type(await box(), "Hello{Enter}");
    await settle();
    expect(words()).toEqual(["You: Hello Sending …"]);
    return page;
  };

  it("is sent when the call is back", async () => {
    const page = await lost();
    await act(() => page.room().connect("wss://livekit.example", "token"));
    await settle();
    expect(page.room().typed).toEqual([]);
    await act(async () => page.room().botComes());
    await settle();
    expect(page.room().typed).toEqual(["Hello"]);
    expect(words()).toEqual(["You: Hello"]);
  });

  it("is told to be not sent when the call ends", async () => {
    const page = await lost();
    await press("End call");
    await settle();
    expect(page.room().typed).toEqual([]);
    expect(words()).toEqual(["You: Hello Not sent. "]);
  });
});

promise(
  "Page",
  "A question about a tool has two buttons, and the bot gets the answer.",
  async () => {
    const page = await call();
    await hear(page, "caller", "c1", ["Book it."]);
    await ask(page);
    expect(question()).toBeVisible();
    expect(
      screen.getByText("Shall I book it?", { selector: "[aria-live=assertive] span" }),
    ).toBeDefined();
    await press("No");
    await settle();
    expect(page.room().answers).toEqual([
      { method: "parley.answer_tool", payload: { call_id: callId, is_yes: false } },
    ]);
    expect(button("Yes")).toHaveAttribute("aria-disabled", "true");
    await end(page, TC_CANCELLED, '{"status": "declined"}');
    expect(words().slice(1)).toEqual(["Parley: Shall I book it?", "You said no"]);
    expect(screen.queryByRole("button", { name: "Yes" })).toBeNull();
  },
);

promise("Page", "An answer that does not get through can be given again.", async () => {
  const page = await call();
  await hear(page, "caller", "c1", ["Book it."]);
  await ask(page);
  const { performRpc } = page.room().localParticipant;
  page.room().localParticipant.performRpc = async () => {
    throw new Error("response timeout");
  };
  await press("Yes");
  await settle();
  page.room().localParticipant.performRpc = performRpc;
  await press("Yes");
  await settle();
  expect(page.room().answers).toEqual([
    { method: "parley.answer_tool", payload: { call_id: callId, is_yes: true } },
  ]);
});

promise("Page", "A spoken yes takes the buttons away.", async () => {
  const page = await call();
  await hear(page, "caller", "c1", ["Book it."]);
  await ask(page);
  const id = `${callId}_confirmed`;
  await tell(page, { case: "callUpdated", value: { id, callId, message: "confirmed" } });
  expect(screen.queryByRole("button", { name: "Yes" })).toBeNull();
  expect(words()[2]).toBe("You said yes · Booking an appointment");
  await end(page, TC_DONE);
  expect(words()[2]).toBe("You said yes · Booked an appointment");
});

promise(
  "Page",
  "A question that nobody answers can be answered no more after the call.",
  async () => {
    const page = await call();
    await hear(page, "caller", "c1", ["Book it."]);
    await ask(page);
    act(() => page.room().ends(DisconnectReason.ROOM_DELETED));
    await settle();
    expect(words()).toEqual([
      "You: Book it.",
      "Parley: Shall I book it?",
      "Booking an appointment · was not answered",
    ]);
    expect(screen.queryByRole("button", { name: "Yes" })).toBeNull();
  },
);

promise("Page", "Whoever has no microphone can type instead, and be heard no less.", async () => {
  const page = visit();
  page.devices.ids = [];
  page.devices.refusal = new DOMException("", "NotFoundError");
  await press("Start talking");
  await settle();
  expect(page.server.requests).toEqual([]);
  await press("Type instead");
  await settle();
  await act(async () => page.room().botComes());
  await settle();
  expect(screen.getByText("Type to talk")).toBeVisible();
  await userEvent.type(await box(), "Hello{Enter}");
  expect(page.room().typed).toEqual(["Hello"]);
  // Asked once, by the first click: nothing asks again for what was refused.
  expect(page.devices.asked).toBe(1);
});

promise(
  "Page",
  "A stream of words that breaks off leaves its words and the next ones standing.",
  async () => {
    const page = await call();
    await act(async () => {
      page.room().hears("bot", ["Once"], { "lk.segment_id": "b1" }, true);
      page.room().isTold(new Uint8Array(), { breaksOff: true });
    });
    await hear(page, "bot", "b2", ["Twice."]);
    await ask(page);
    expect(words()[0]).toBe("Parley: Once");
    expect(words()[1]).toBe("Parley: Twice.");
    expect(question()).toBeVisible();
  },
);

it("shows a tool that asks before anything was said", async () => {
  const page = await call();
  await ask(page);
  expect(words()).toEqual(["Parley: Shall I book it?YesNo"]);
});

it("lets a question that is asked and spoken stand once, and keeps the keyboard's place", async () => {
  const page = await call();
  await ask(page);
  await hear(page, "bot", "b1", ["Shall I ", "book it?"], { "lk.transcription_final": "false" });
  expect(screen.getAllByText(/Shall I book it/, { selector: "li, li *" })).toHaveLength(1);
  button("Yes").focus();
  await userEvent.keyboard("{Enter}");
  await end(page, TC_DONE);
  expect(document.body).not.toHaveFocus();
  expect(words()).toEqual(["Parley: Shall I book it?", "You said yes · Booked an appointment"]);
});

promise("Page", "The newest words stay in view, unless the reader has scrolled up.", async () => {
  const page = await call();
  await hear(page, "bot", "b1", ["Hello."]);
  const scroller = screen.getByRole("list").parentElement;
  if (!scroller) throw new Error("nothing scrolls");
  const height = (scrollHeight: number) =>
    Object.defineProperty(scroller, "scrollHeight", { value: scrollHeight, configurable: true });
  Object.defineProperty(scroller, "clientHeight", { value: 200 });
  height(500);
  await hear(page, "bot", "b2", ["How are you?"]);
  expect(scroller.scrollTop).toBe(500);
  scroller.scrollTop = 100;
  scroller.dispatchEvent(new Event("scroll"));
  height(600);
  await hear(page, "bot", "b3", ["Fine?"]);
  expect(scroller.scrollTop).toBe(100);
  scroller.scrollTop = 380;
  scroller.dispatchEvent(new Event("scroll"));
  await hear(page, "bot", "b4", ["Well?"]);
  expect(scroller.scrollTop).toBe(600);
});

it("opens the box for those who ask for it, and gives the focus back to who closes it", async () => {
  await call();
  expect(screen.queryByRole("textbox")).toBeNull();
  await press("Type a message");
  expect(button("Type a message")).toHaveAttribute("aria-expanded", "true");
  expect(screen.getByRole("textbox")).toHaveFocus();
  await userEvent.keyboard("{Escape}");
  expect(screen.queryByRole("textbox")).toBeNull();
  expect(button("Type a message")).toHaveFocus();
});

import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { rememberMicrophone } from "@/lib/preferences";

import { recorded } from "./devices";
import { button, call, press, settle, typedCall, visit } from "./visit";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

beforeEach(() => localStorage.clear());
afterEach(() => vi.stubGlobal("isSecureContext", true));

const refused = (name: string) => new DOMException("", name);
const picker = () => screen.queryByRole<HTMLSelectElement>("combobox", { name: /microphone/ });
const choose = async (id: string) => {
  await userEvent.selectOptions(screen.getByRole("combobox"), id);
  await settle();
};
const typing = async () => {
  const page = await typedCall();
  page.devices.refusal = undefined;
  return page;
};

describe("a remembered microphone", () => {
  it.each(["NotAllowedError", "NotFoundError", "NotReadableError"])(
    "is asked for once, also when the answer is %s",
    async (name) => {
      localStorage.setItem("parley.microphone", "two");
      const { devices } = visit();
      devices.refusal = refused(name);
      await press("Start talking");
      await settle();
      expect(devices.asked).toBe(1);
    },
  );

  it("is the one that is opened in the middle of a typed call", async () => {
    localStorage.setItem("parley.microphone", "two");
    const { devices } = await typing();
    await press("Turn on microphone");
    await settle();
    expect(devices.opened.map(({ deviceId }) => deviceId)).toEqual(["two"]);
  });
});

describe("the text box of a call without a microphone", () => {
  it("stays when it is left with Escape, as there is no other way to say something", async () => {
    await typing();
    screen.getByRole("textbox").focus();
    await userEvent.keyboard("{Escape}");
    expect(screen.getByRole("textbox")).toHaveFocus();
    // Once there is a microphone it can be closed.
    await press("Turn on microphone");
    await settle();
    screen.getByRole("textbox").focus();
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("textbox")).toBeNull();
    expect(button("Type a message")).toHaveFocus();
  });
});

describe("a microphone that could not be turned on", () => {
  const turnedOn = async (page: Awaited<ReturnType<typeof typing>>) => {
    page.devices.refusal = refused("NotReadableError");
    await press("Turn on microphone");
    await settle();
    expect(screen.getByRole("alert")).toHaveTextContent("Another app is using your microphone");
  };

  it("is told no more to who has read it and goes on typing", async () => {
    const page = await typing();
    await turnedOn(page);
    await press("OK");
    expect(screen.getByRole("alert")).toBeEmptyDOMElement();
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
    expect(screen.getByRole("group", { name: "Call controls" })).toHaveFocus();
    // The next one is told as the first was.
    await turnedOn(page);
  });

  it("can be tried again all the same", async () => {
    const page = await typing();
    await turnedOn(page);
    page.devices.refusal = undefined;
    await press("Try again");
    await settle();
    expect(screen.getByRole("alert")).toBeEmptyDOMElement();
    expect(button("Mute microphone")).toBeVisible();
  });
});

describe("a recorder that cannot start", () => {
  it.each(["constructor", "start"])("costs the first words, not the call: %s", async (where) => {
    const { MediaRecorder: Recorder } = globalThis;
    const fail = () => {
      throw refused("NotSupportedError");
    };
    const start = vi.spyOn(Recorder.prototype, "start");
    if (where === "start") start.mockImplementation(fail);
    else vi.spyOn(Recorder, "isTypeSupported").mockImplementation(fail);
    const { room, devices } = await call();
    expect(screen.getByText("Listening")).toBeVisible();
    expect(recorded.some(({ isRunning }) => isRunning)).toBe(false);
    expect(room().published?.track.hasPreConnectBuffer).toBe(false);
    await press("End call");
    await settle();
    expect(devices.opened.map(({ readyState }) => readyState)).toEqual(["ended"]);
  });
});

describe("without a microphone", () => {
  const gone = async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    await press("Start talking");
    await settle();
    return screen.getByRole("alert").textContent;
  };

  it.each([
    ["an insecure page", "secure page", () => vi.stubGlobal("isSecureContext", false)],
    ["an app's own browser", "This browser gives no microphone", () => undefined],
  ])("typing is offered on %s, without a dead button", async (_where, says, spoil) => {
    const page = visit();
    spoil();
    Object.defineProperty(navigator, "mediaDevices", { value: undefined, configurable: true });
    expect(await gone()).toContain(says);
    await press("Type instead");
    await settle();
    await act(async () => page.room().botComes());
    await settle();
    expect(screen.queryByRole("button", { name: /microphone/ })).toBeNull();
    await userEvent.type(screen.getByRole("textbox"), "hello{Enter}");
    await settle();
    expect(page.room().typed).toEqual(["hello"]);
  });
});

describe("the microphone of a typed call", () => {
  it("has a picker as soon as it is allowed", async () => {
    const { devices } = await typing();
    devices.enumerateDevices = vi.fn(async () =>
      devices.ids.map((id) => {
        const isAllowed = devices.opened.length > 0;
        const [deviceId, label] = isAllowed ? [id, id] : ["", ""];
        return { kind: "audioinput", deviceId, label, groupId: label };
      }),
    );
    await act(async () => devices.dispatchEvent(new Event("devicechange")));
    await settle();
    expect(picker()).toBeNull();
    await press("Turn on microphone");
    await settle();
    expect(picker()).toHaveValue("default");
  });

  it("shows that it is being asked for, asks once, and tells a refusal", async () => {
    const { devices } = await typing();
    devices.askFirst();
    const before = devices.asked;
    await press("Turn on microphone");
    expect(button("Turn on microphone")).toHaveAttribute("aria-busy", "true");
    expect(screen.getByText("Waiting for your microphone")).toBeVisible();
    await press("Turn on microphone");
    devices.refusal = refused("NotReadableError");
    await act(async () => devices.allow());
    await settle();
    expect(devices.asked).toBe(before + 1);
    expect(button("Turn on microphone")).toHaveAttribute("aria-busy", "false");
    expect(screen.getByRole("alert")).toHaveTextContent("Another app is using your microphone.");
  });
});

describe("the choice of a microphone", () => {
  it("is made where nothing can be remembered", async () => {
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw refused("QuotaExceededError");
    });
    const { room } = await call();
    await choose("two");
    expect(room().published?.track.mediaStreamTrack.getSettings().deviceId).toBe("two");
    expect(picker()).toHaveValue("two");
    vi.restoreAllMocks();
    // Another page knows nothing of it.
    rememberMicrophone("");
  });

  it("is not remembered, and leaves the one before on, when it cannot be opened", async () => {
    const { room, devices } = await call();
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wish) => {
      const track = await open(wish);
      if (track.getTracks()[0]?.deviceId === "two") throw refused("NotReadableError");
      return track;
    };
    await choose("two");
    const sent = room().published?.track.mediaStreamTrack;
    expect([sent?.readyState, sent?.getSettings().deviceId]).toEqual(["live", "default"]);
    expect(picker()).toHaveValue("default");
    expect(localStorage.getItem("parley.microphone")).toBeNull();
  });

  it("can be made when the one in use is none of the list", async () => {
    const { devices, room } = await call();
    devices.ids = ["one", "two"];
    await act(async () => devices.dispatchEvent(new Event("devicechange")));
    await settle();
    if (picker()?.value === "") await choose("one");
    expect(room().published?.track.mediaStreamTrack.getSettings().deviceId).toBe("one");
  });

  it("does not keep mute waiting", async () => {
    const { devices, room } = await call();
    devices.askFirst();
    await choose("two");
    await press("Mute microphone");
    await settle();
    await act(async () => devices.allow());
    await settle();
    expect(room().published?.track.mediaStreamTrack.enabled).toBe(false);
  });
});

describe("unmute", () => {
  it("takes another device where its own is gone", async () => {
    const { devices, room } = await call();
    await choose("two");
    await press("Mute microphone");
    await settle();
    devices.pullOut("two");
    devices.opened.at(-1)?.does("ended");
    await settle();
    await press("Unmute microphone");
    await settle();
    const sent = room().published?.track.mediaStreamTrack;
    expect([sent?.readyState, sent?.enabled]).toEqual(["live", true]);
    expect(sent?.getSettings().deviceId).not.toBe("two");
  });
});

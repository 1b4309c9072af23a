import { act, fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { button, call, press, settle } from "./visit";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

let now = 0;
beforeEach(() => {
  localStorage.clear();
  now = 10_000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
});

const textBox = () => screen.getByRole("textbox");
// Its name changes with what it does.
const muteButton = () => screen.getByRole("button", { name: /^(Un)?mute microphone$/i });
const isMuted = () => screen.queryByRole("button", { name: "Unmute microphone" }) !== null;

async function mutedCall() {
  const page = await call();
  await press("Mute microphone");
  await settle();
  return page;
}

const key = (type: "keyDown" | "keyUp", more = {}) =>
  act(async () => void fireEvent[type](document.body, { key: " ", ...more }));

/** Everything that can be held, and let go. */
const HOLDS: [string, () => Promise<void>, () => Promise<void>][] = [
  ["the space bar", () => key("keyDown"), () => key("keyUp")],
  [
    "the button under a finger",
    () => act(async () => void fireEvent.pointerDown(button("Unmute microphone"), { button: 0 })),
    () => act(async () => void fireEvent.pointerUp(window)),
  ],
  [
    "the button by the keyboard",
    () => act(async () => void fireEvent.keyDown(button("Unmute microphone"), { key: " " })),
    () => act(async () => void fireEvent.keyUp(muteButton(), { key: " " })),
  ],
];

describe("a muted caller", () => {
  it.each(HOLDS)("is heard while %s is held, and no longer", async (_what, hold, release) => {
    const { room } = await mutedCall();
    const isSent = () => room().published?.track.mediaStreamTrack.enabled;
    for (let times = 0; times < 2; times++) {
      await hold();
      await settle();
      expect([isSent(), isMuted()]).toEqual([true, false]);
      now += 1_000;
      await release();
      await settle();
      expect([isSent(), isMuted()]).toEqual([false, true]);
    }
  });

  it.each(HOLDS)("is muted again when the page is left with %s held", async (_what, hold) => {
    await mutedCall();
    await hold();
    await settle();
    await act(async () => void fireEvent.blur(window));
    await settle();
    expect(isMuted()).toBe(true);
  });

  it.each(HOLDS)("stays muted if %s is let go before it is on", async (_what, hold, release) => {
    const { devices } = await mutedCall();
    // Its device has gone meanwhile, and is asked for anew.
    devices.opened.forEach((track) => (track.readyState = "ended"));
    devices.askFirst();
    await hold();
    now += 1_000;
    await release();
    await act(async () => devices.allow());
    await settle();
    expect(devices.opened.length).toBeGreaterThan(1);
    expect(devices.opened.at(-1)?.enabled).toBe(false);
    expect(isMuted()).toBe(true);
  });

  it("is unmuted for good by a click, of whatever kind", async () => {
    await mutedCall();
    await press("Unmute microphone");
    await settle();
    expect(isMuted()).toBe(false);
    await press("Mute microphone");
    await settle();
    await act(async () => void fireEvent.click(button("Unmute microphone")));
    await settle();
    expect(isMuted()).toBe(false);
  });

  it.each(["pointerup", "pointercancel"])(
    "is heard while another finger comes and goes: %s",
    async (lifts) => {
      await mutedCall();
      const target = muteButton();
      const touch = (type: string, pointerId: number) => {
        const event = new MouseEvent(type, { button: 0, bubbles: true });
        return act(async () => void fireEvent(target, Object.assign(event, { pointerId })));
      };
      await touch("pointerdown", 1);
      await settle();
      now += 1_000;
      await touch("pointerdown", 2);
      await touch(lifts, 2);
      await settle();
      expect(isMuted()).toBe(false);
      await touch(lifts, 1);
      await settle();
      expect(isMuted()).toBe(true);
    },
  );

  it("types spaces, and holds nothing by them", async () => {
    await mutedCall();
    await press("Type a message");
    await userEvent.type(textBox(), "a b");
    await settle();
    expect(textBox()).toHaveValue("a b");
    expect(isMuted()).toBe(true);
  });

  it("lets the key go that was pressed while they were on", async () => {
    await call();
    await key("keyDown");
    now += 1_000;
    await key("keyUp");
    await settle();
    expect(isMuted()).toBe(false);
  });
});

describe("the keys of a call", () => {
  it("do once what they do while they are held, and the browser nothing of its own", async () => {
    await call();
    const isLeft = [false, true, true].map((repeat) =>
      fireEvent.keyDown(document.body, { key: "d", ctrlKey: true, repeat }),
    );
    await settle();
    expect(isLeft).toEqual([false, false, false]);
    expect(isMuted()).toBe(true);
  });

  it("mute and end it, also from the text box", async () => {
    await call();
    await press("Type a message");
    await userEvent.click(textBox());
    await userEvent.keyboard("{Control>}d{/Control}");
    await settle();
    expect(isMuted()).toBe(true);
    await userEvent.keyboard("{Control>}d{/Control}");
    await settle();
    expect(isMuted()).toBe(false);
    await userEvent.keyboard("{Control>}{Shift>}E{/Shift}{/Control}");
    await settle();
    expect(screen.getByText("You ended the call.")).toBeVisible();
  });

  it("are no bare letters", async () => {
    await call();
    for (const letter of "abcdefghijklmnopqrstuvwxyz0123456789/?.,") {
      await act(async () => void fireEvent.keyDown(document.body, { key: letter }));
    }
    expect(isMuted()).toBe(false);
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(button("End call")).toBeVisible();
  });

  it.each(["/", "?"])("are listed by Ctrl and %s, and the focus comes back", async (key) => {
    await call();
    button("End call").focus();
    await userEvent.keyboard(`{Control>}${key}{/Control}`);
    const list = screen.getByRole("dialog", { name: "Sound and keys" });
    expect(list).toHaveFocus();
    for (const name of ["Space", "Ctrl + D", "Ctrl + Shift + E"]) {
      expect(list).toHaveTextContent(name);
    }
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(button("End call")).toHaveFocus();
  });
});

describe("the list of keys", () => {
  it("is closed by a press beside it, which does what it was meant for", async () => {
    await call();
    await press("Sound and keys");
    await press("Mute microphone");
    await settle();
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(isMuted()).toBe(true);
  });
});

describe("the sound of the assistant", () => {
  const volume = () => screen.getByRole("slider", { name: "Volume" });

  it("is as loud as was set, also of one that comes later", async () => {
    const { room } = await call();
    const loudness = () => [...room().remoteParticipants.values()].map((one) => one.getVolume());
    await press("Sound and keys");
    fireEvent.change(volume(), { target: { value: "0.4" } });
    await press("Close");
    expect(loudness()).toEqual([0.4, 0.4]);
    // Another assistant takes the call over.
    await act(async () => room().botComes());
    expect(loudness()).toEqual([0.4, 0.4]);
    await press("Sound and keys");
    expect(volume()).toHaveValue("0.4");
  });

  it.each([
    ["0.4", "0.4"],
    ["0", "1"],
    ["7", "1"],
    ["loud", "1"],
  ])("is remembered if it can be heard: %s", async (kept, shown) => {
    localStorage.setItem("parley.volume", kept);
    const { room } = await call();
    expect([...room().remoteParticipants.values()][0]?.getVolume()).toBe(Number(shown));
    await press("Sound and keys");
    expect(volume()).toHaveValue(shown);
  });
});

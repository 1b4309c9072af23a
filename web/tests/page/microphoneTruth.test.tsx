import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { copies, sound } from "./devices";
import { button, call, press, settle, visit } from "./visit";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

type Page = Awaited<ReturnType<typeof call>>;

/** Only so that nothing hangs. */
const SOON = { timeout: 10_000 };
const current = ({ devices }: Page) => {
  const track = devices.opened.at(-1);
  if (!track) throw new Error("no microphone was opened");
  return track;
};
const says = (sentence: string | RegExp) => screen.findByText(sentence, undefined, SOON);
const told = () =>
  [
    ...document.querySelectorAll(
      "[role=alert], [role=status], [role=group] > * > [aria-live=polite]",
    ),
  ]
    .map(({ textContent }) => textContent)
    .join(" ");
const does = async (page: Page, what: "mute" | "unmute" | "ended") => {
  act(() => current(page).does(what));
  await settle();
};
const passes = (secs: number) => act(async () => void vi.advanceTimersByTime(secs * 1000));

beforeEach(() => {
  localStorage.clear();
  copies.length = 0;
  sound.loudness = 0.001;
  // Only what listens; the rest of the page runs in real time.
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
});
afterEach(() => void vi.useRealTimers());

describe("a microphone that the computer has muted", () => {
  it("is told, and no longer once it is on again", async () => {
    const page = await call();
    await does(page, "mute");
    await says("Your computer has muted the microphone. Switch it on there.");
    expect(screen.getByText("You cannot be heard")).toBeVisible();
    expect(screen.queryByText("Listening")).toBeNull();
    expect(screen.getAllByRole("button", { name: "Try again" })).toHaveLength(1);
    await does(page, "unmute");
    expect(screen.getByText("Listening")).toBeVisible();
    expect(told()).not.toContain("Your computer");
  });

  it("is opened anew by its button", async () => {
    const page = await call();
    await does(page, "mute");
    await says(/Your computer has muted/);
    await press("Try again");
    await settle();
    expect(page.devices.opened).toHaveLength(2);
    expect(screen.getByText("Listening")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
    expect(screen.getByRole("group", { name: "Call controls" })).toHaveFocus();
  });

  it("is not told to those who are muted anyway, nor while a device is switched", async () => {
    const page = await call();
    await does(page, "mute");
    await does(page, "unmute");
    await press("Mute microphone");
    await does(page, "mute");
    await act(async () => new Promise((resolve) => setTimeout(resolve, 800)));
    expect(told()).toContain("You are muted");
    expect(told()).not.toContain("Your computer");
  });
});

describe("a microphone that is gone", () => {
  it("gives way to another one, which is named until it has been read", async () => {
    const page = await call();
    await userEvent.selectOptions(screen.getByRole("combobox"), "two");
    await settle();
    page.devices.ids = ["default", "one"];
    await does(page, "ended");
    await says("“two” is gone. Now using “default”.");
    expect(screen.getByText("Listening")).toBeVisible();
    await press("OK");
    expect(told()).not.toContain("is gone");
  });

  it.each([
    [
      "there is no other",
      "Your microphone is gone, and there is no other. Plug one in.",
      ({ devices }: Page) => {
        devices.ids = [];
        devices.refusal = new DOMException("", "NotFoundError");
      },
      ({ devices }: Page) => {
        devices.refusal = undefined;
        devices.plugIn("default");
      },
    ],
    [
      "the permission was taken back",
      "The microphone has been blocked. Allow it in your browser’s address bar.",
      ({ devices, permission }: Page) => {
        permission.state = "denied";
        devices.refusal = new DOMException("", "NotAllowedError");
      },
      ({ devices, permission }: Page) => {
        devices.refusal = undefined;
        permission.becomes("granted");
      },
    ],
  ])("is told where %s, and comes back by itself", async (_why, sentence, spoil, cure) => {
    const page = await call();
    spoil(page);
    await does(page, "ended");
    await says(sentence);
    expect(screen.getByText("You cannot be heard")).toBeVisible();
    expect(button("Unmute microphone")).toBeVisible();
    act(() => cure(page));
    await says("Listening");
    expect(told()).not.toContain(sentence);
    expect(button("Mute microphone")).toBeVisible();
    expect(current(page).readyState).toBe("live");
  });

  it("is told where another app has taken it, and comes back by its button", async () => {
    const page = await call();
    page.devices.refusal = new DOMException("", "NotReadableError");
    await does(page, "ended");
    await says("Your microphone has stopped. Another app may have taken it.");
    page.devices.refusal = undefined;
    await press("Try again");
    await says("Listening");
    expect(told()).not.toContain("has stopped");
  });
});

describe("a microphone from which nothing comes", () => {
  it("is asked about by name, with another one to use", async () => {
    sound.loudness = 0;
    await call();
    await passes(9);
    expect(screen.getByText("Listening")).toBeVisible();
    await passes(2);
    expect(told()).toContain("Nothing is heard from “default”. Is it muted?");
    expect(screen.getByText("You cannot be heard")).toBeVisible();
    sound.loudness = 0.01;
    await passes(1);
    expect(screen.getByText("Listening")).toBeVisible();
    expect(told()).not.toContain("Nothing is heard");
    sound.loudness = 0;
    await passes(31);
    await press("Use “one”");
    await settle();
    expect(screen.getByRole("combobox")).toHaveValue("one");
    expect(told()).not.toContain("Nothing is heard");
  });
});

describe("a muted caller who speaks", () => {
  it("is told so, and unmuted by one button; the copy that hears it ends", async () => {
    const page = await call();
    await press("Mute microphone");
    await settle();
    sound.loudness = 0.1;
    await passes(1);
    expect(told()).toContain("You are speaking, but you are muted.");
    expect(copies.map(({ readyState }) => readyState)).toEqual(["live"]);
    expect(page.room().published?.track.mediaStreamTrack.enabled).toBe(false);
    await press("Unmute");
    await settle();
    expect(told()).not.toContain("You are speaking");
    expect(copies.map(({ readyState }) => readyState)).toEqual(["ended"]);
    await press("Mute microphone");
    await press("End call");
    await settle();
    expect(copies.map(({ readyState }) => readyState)).toEqual(["ended", "ended"]);
  });
});

describe("a microphone that is not at its best", () => {
  it.each([
    [{ echoCancellation: false }, "The assistant may hear itself from your loudspeaker.", "OK"],
    [{ sampleRate: 8_000 }, "“default” sends telephone quality.", "Use “one”"],
    [{ sampleRate: 16_000 }, "“default” sends telephone quality.", "Use “one”"],
  ])("%j is told, and cured by one button", async (settings, sentence, action) => {
    const page = visit();
    page.devices.settings = settings;
    await press("Start talking");
    await settle();
    await act(async () => page.room().botComes());
    await settle();
    expect(told()).toContain(sentence);
    expect(screen.getByText("Listening")).toBeVisible();
    page.devices.settings = { echoCancellation: true, sampleRate: 48_000 };
    await press(action);
    await settle();
    expect(told()).not.toContain(sentence);
  });

  it("is not told of one that is", async () => {
    await call();
    await passes(60);
    expect(screen.queryByRole("button", { name: "OK" })).toBeNull();
    expect(told().trim()).toBe("Listening");
  });
});

describe("the microphone that was chosen last", () => {
  it("is told to be gone, and which one is used", async () => {
    localStorage.setItem("parley.microphone", "gone");
    await call();
    expect(told()).toContain("The microphone you chose is not there. Now using “default”.");
    await press("OK");
    expect(told()).not.toContain("is not there");
  });

  it("is no news where the person has just chosen another", async () => {
    localStorage.setItem("parley.microphone", "two");
    const page = visit();
    const open = page.devices.getUserMedia.bind(page.devices);
    page.devices.getUserMedia = () => open({ audio: { deviceId: "one" } });
    await press("Start talking");
    await settle();
    await act(async () => page.room().botComes());
    await settle();
    expect(told().trim()).toBe("Listening");
  });
});

describe("a page that may not listen", () => {
  it.each([
    ["denied", "The microphone is blocked."],
    ["prompt", "You have not allowed the microphone."],
  ] as const)("begins the call by itself once it may (%s)", async (state, words) => {
    const page = visit({ mayListen: false });
    page.devices.refusal = new DOMException("", "NotAllowedError");
    page.permission.state = state;
    await press("Start talking");
    await settle();
    expect(told()).toContain(words);
    page.devices.refusal = undefined;
    act(() => page.permission.becomes("granted"));
    await settle();
    expect(page.room().published?.track.mediaStreamTrack.readyState).toBe("live");
  });

  it.each([
    ["in a page that nobody looks at", "hidden", 0],
    ["long after it was refused", "visible", 200_000],
  ] as const)("begins nothing %s", async (_, state, laterMs) => {
    const page = visit({ mayListen: false });
    page.devices.refusal = new DOMException("", "NotAllowedError");
    page.permission.state = "denied";
    await press("Start talking");
    await settle();
    const { asked } = page.devices;
    page.devices.refusal = undefined;
    const now = performance.now();
    vi.spyOn(performance, "now").mockReturnValue(now + laterMs);
    vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
    act(() => page.permission.becomes("granted"));
    await settle();
    expect(page.devices.asked).toBe(asked);
    expect(screen.getByRole("button", { name: "Try again" })).toBeVisible();
  });
});

import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";

import { rememberMicrophone } from "@/lib/preferences";

import { recorded } from "./devices";
import { rooms } from "./offlineRoom";
import { button, call, press, settle, visit } from "./visit";

import { promise } from "../promise";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

beforeEach(() => localStorage.clear());

const choose = async (id: string) => {
  await userEvent.selectOptions(screen.getByRole("combobox"), id);
  await settle();
};

promise("Page", "The click that starts a call asks for its sound.", async () => {
  const { devices } = visit();
  // Until the browser has asked for the microphone the click is long over.
  devices.askFirst();
  await press("Start talking");
  expect(rooms.map(({ soundAskedIn }) => soundAskedIn)).toContain("click");
  await act(async () => devices.allow());
});

promise("Page", "What is said from the moment the microphone opens reaches the bot.", async () => {
  const { server, devices, room } = visit();
  const answer = server.waits();
  await press("Start talking");
  await settle();
  expect(recorded).toEqual([{ track: devices.opened[0], isRunning: true }]);
  await act(async () => answer());
  await settle();
  const published = room().published;
  expect(published?.options).toMatchObject({ preConnectBuffer: true });
  expect(published?.track.mediaStreamTrack).toBe(devices.opened[0]);
  expect(published?.track.hasPreConnectBuffer).toBe(true);
});

promise("Page", "Mute switches the microphone that is sent off, and unmute on again.", async () => {
  const { room } = await call();
  const isSent = () => room().published?.track.mediaStreamTrack.enabled;
  for (const [label, sent] of [
    ["Mute microphone", false],
    ["Unmute microphone", true],
    ["Mute microphone", false],
  ] as const) {
    await press(label);
    await settle();
    expect(isSent()).toBe(sent);
  }
  expect(screen.getByText("You are muted")).toBeVisible();
});

promise("Page", "A microphone chosen during a call is the one that is sent.", async () => {
  const { room, devices } = await call();
  await choose("two");
  const sent = room().published?.track.mediaStreamTrack;
  expect(sent?.getSettings().deviceId).toBe("two");
  expect(devices.opened.map(({ readyState }) => readyState)).toEqual(["ended", "live"]);
});

promise("Page", "Whoever is muted stays muted when another microphone is chosen.", async () => {
  const { room } = await call();
  await press("Mute microphone");
  await settle();
  await choose("two");
  expect(room().published?.track.mediaStreamTrack.enabled).toBe(false);
  await press("Unmute microphone");
  await settle();
  const sent = room().published?.track.mediaStreamTrack;
  expect([sent?.getSettings().deviceId, sent?.enabled]).toEqual(["two", true]);
});

promise("Page", "The microphone chosen last is used for the next call.", async () => {
  const first = await call();
  await choose("two");
  first.unmount();
  const { devices } = await call();
  expect(devices.opened.map(({ deviceId }) => deviceId)).toEqual(["two"]);
});

it("is used for the next call of a page for which the browser keeps nothing, too", async () => {
  vi.spyOn(window, "localStorage", "get").mockReturnValue(null as never);
  const page = await call();
  await choose("two");
  await press("End call");
  await settle();
  await press("Talk again");
  await settle();
  expect(page.devices.opened.at(-1)?.deviceId).toBe("two");
  vi.restoreAllMocks();
  rememberMicrophone("");
});

promise("Page", "A call begins with another microphone when the chosen one is gone.", async () => {
  const first = await call();
  await choose("two");
  first.unmount();
  const { devices, room } = visit();
  devices.pullOut("two");
  await press("Start talking");
  await settle();
  expect(room().published?.track.mediaStreamTrack.getSettings().deviceId).toBe("default");
});

promise(
  "Page",
  "The microphone and loudspeaker that were chosen stay when another one is plugged in.",
  async () => {
    const cases = [
      ["it was chosen", "in it", ["new", "two", "one"], "two"],
      ["it was chosen before", "before", ["new", "two", "one"], "two"],
      ["it was chosen and is gone", "in it", ["new", "one"], "new"],
      ["the browser would ask", undefined, ["new", "two", "one"], "two"],
    ] as const;
    for (const [why, chosen, after, stays] of cases) {
      localStorage.clear();
      if (chosen === "before") rememberMicrophone("two");
      const { devices, permission, room, unmount } = visit();
      // As where the browser had a person choose, once.
      if (chosen === undefined) devices.settings = { deviceId: "two" };
      await press("Start talking");
      await settle();
      devices.settings = {};
      permission.state = chosen === undefined ? "prompt" : "granted";
      const sent = () => room().published?.track.mediaStreamTrack.getSettings().deviceId;
      await act(async () => room().botComes());
      await settle();
      if (chosen === "in it") await choose("two");
      // A page beside it chooses for its own call.
      if (chosen) rememberMicrophone("one");
      // Firefox and Safari have no device named "default": the first one is it.
      for (const ids of [["two", "one"], after]) {
        devices.ids = [...ids];
        await act(async () => devices.dispatchEvent(new Event("devicechange")));
        await settle();
      }
      expect(sent(), why).toBe(stays);
      unmount();
    }
  },
);

promise("Page", "A microphone that cannot be switched to is told in a sentence.", async () => {
  const { devices } = await call();
  devices.refusal = new DOMException("", "NotReadableError");
  await choose("two");
  expect(screen.getByRole("alert")).toHaveTextContent("Another app is using your microphone.");
  devices.refusal = undefined;
  await choose("one");
  expect(screen.getByRole("alert")).toBeEmptyDOMElement();
});

promise("Page", "The list of microphones follows those that come and go.", async () => {
  const { devices } = await call();
  const names = () => screen.getAllByRole("option").map((option) => option.textContent);
  expect(names()).toEqual(["default", "one", "two"]);
  await act(async () => devices.pullOut("one"));
  await settle();
  expect(names()).toEqual(["default", "two"]);
});

promise("Page", "The microphone is on only during a call.", async () => {
  const page = await call();
  const isOn = () => page.devices.opened.some(({ readyState }) => readyState === "live");
  expect(isOn()).toBe(true);
  await press("End call");
  await settle();
  expect(isOn()).toBe(false);
  expect(button("Talk again")).toBeVisible();
});

it("the microphone that was chosen is kept before LiveKit's client knows which it has", async () => {
  rememberMicrophone("two");
  const { room } = await call();
  room().localParticipant.activeDeviceMap.set("audioinput", "default");
  await room().switchActiveDevice("audioinput", "one");
  const sent = room().published?.track.mediaStreamTrack;
  expect(sent?.getSettings().deviceId).toBe("two");
});

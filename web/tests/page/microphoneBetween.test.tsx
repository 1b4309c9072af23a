import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { ConnectionState, DisconnectReason } from "livekit-client";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { button, call, press, settle, visit } from "./visit";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

type Page = ReturnType<typeof visit>;

const SOON = { timeout: 10_000 };

beforeEach(() => localStorage.clear());

/** The page before its microphone is in a room, and what brings it there. */
type Between = () => Promise<{ page: Page; enter: () => void }>;

const connecting: Between = async () => {
  localStorage.setItem("parley.microphone", "two");
  const page = visit();
  const enter = page.server.waits();
  await press("Start talking");
  await settle();
  return { page, enter };
};

const comingBack: Between = async () => {
  localStorage.setItem("parley.microphone", "two");
  const page = await call();
  const { resume } = page.server;
  let enter: () => void = () => undefined;
  const going = new Promise<void>((resolve) => (enter = resolve));
  page.server.resume = () => going.then(() => resume());
  act(() => page.room().ends(DisconnectReason.SIGNAL_CLOSE));
  await settle();
  return { page, enter: () => enter() };
};

const enters = async (page: Page, enter: () => void) => {
  enter();
  await settle();
  await act(async () => page.room().botComes());
  await settle();
};

describe.each([
  ["begins", connecting],
  ["is looked for", comingBack],
])("while the call %s", (_when, between) => {
  it.each([
    ["is pulled out", () => undefined, "Listening"],
    [
      "was the last one",
      ({ devices }: Page) => {
        devices.ids = [];
        devices.refusal = new DOMException("", "NotFoundError");
      },
      "Your microphone is gone, and there is no other. Plug one in.",
    ],
    [
      "is taken by another app",
      ({ devices }: Page) => void (devices.refusal = new DOMException("", "NotReadableError")),
      "Your microphone has stopped. Another app may have taken it.",
    ],
  ])("a microphone that %s is told as it is", async (_what, spoil, told) => {
    const { page, enter } = await between();
    page.devices.ids = page.devices.ids.filter((id) => id !== "two");
    spoil(page);
    act(() => page.devices.opened.at(-1)?.does("ended"));
    await settle();
    await enters(page, enter);
    expect(await screen.findByText(told, undefined, SOON)).toBeVisible();
    const track = page.room().published?.track;
    const isHeard = track?.mediaStreamTrack.readyState === "live" && !track.isMuted;
    expect(isHeard).toBe(told === "Listening");
  });
});

describe("while the call is looked for", () => {
  it("the microphone is muted and unmuted, and the room gets it once", async () => {
    const { page, enter } = await comingBack();
    const before = page.room();
    const publish = vi.spyOn(before.localParticipant, "publishTrack");
    for (const name of ["Mute microphone", "Unmute microphone"]) {
      await press(name);
      await settle();
    }
    expect(before.state).toBe(ConnectionState.Disconnected);
    expect(publish).not.toHaveBeenCalled();
    await enters(page, enter);
    expect(publish).toHaveBeenCalledTimes(1);
    expect(button("Mute microphone")).toBeVisible();
    expect(page.room().published?.track.isMuted).toBe(false);
  });
});

it("a microphone that is chosen while the call is looked for is the one that is heard", async () => {
  const { page, enter } = await comingBack();
  const picker = () => screen.getByRole("combobox", { name: "Choose microphone" });
  await userEvent.selectOptions(picker(), "one");
  await settle();
  const inUse = page.devices.opened.filter(({ readyState }) => readyState === "live");
  expect(inUse.map(({ deviceId }) => deviceId)).toEqual(["one"]);
  await enters(page, enter);
  expect(page.room().published?.track.mediaStreamTrack.getSettings().deviceId).toBe("one");
  expect(picker()).toHaveValue("one");
});

it("a microphone that the room does not take is off, and can be turned on", async () => {
  const { page, enter } = await comingBack();
  const publish = vi.spyOn(page.room().localParticipant, "publishTrack");
  publish.mockRejectedValueOnce(new Error("publication timed out"));
  await enters(page, enter);
  expect(page.room().localParticipant.trackPublications.size).toBe(0);
  expect(screen.queryByText("Listening")).toBeNull();
  await press("Unmute microphone");
  await settle();
  expect(page.room().localParticipant.trackPublications.size).toBe(1);
  expect(await screen.findByText("Listening", undefined, SOON)).toBeVisible();
});

import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { DisconnectReason } from "livekit-client";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { Devices } from "./devices";
import { call, press, settle, visit } from "./visit";

// LiveKit's client gives a Safari no choice of loudspeakers, and takes jsdom for one by its name.
vi.hoisted(() => {
  const name = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36";
  Object.defineProperty(navigator, "userAgent", { value: name });
});

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

const loudspeakers: string[] = [];
const ofBrowser = Devices.prototype.enumerateDevices;

beforeEach(() => {
  localStorage.clear();
  loudspeakers.splice(0, Infinity, "default", "headset");
  Object.assign(HTMLMediaElement.prototype, { setSinkId: async () => undefined });
  vi.spyOn(Devices.prototype, "enumerateDevices").mockImplementation(async function (
    this: Devices,
  ) {
    const kind = "audiooutput";
    const found = loudspeakers.map((id) => ({ kind, deviceId: id, label: id, groupId: id }));
    return [...(await ofBrowser.call(this)), ...found];
  });
  return () => Reflect.deleteProperty(HTMLMediaElement.prototype, "setSinkId");
});

const picker = () => screen.getByRole("combobox", { name: "Loudspeaker" });

async function chosenInACall() {
  const { room, unmount } = await call();
  await press("Sound and keys");
  await userEvent.selectOptions(picker(), "headset");
  await settle();
  expect(room().getActiveDevice("audiooutput")).toBe("headset");
  expect(picker()).toHaveValue("headset");
  unmount();
}

describe("the loudspeaker that was chosen", () => {
  it("is where, and its volume how, the first word is heard", async () => {
    localStorage.setItem("parley.speaker", "headset");
    localStorage.setItem("parley.volume", "0.3");
    const { room } = visit();
    await press("Start talking");
    await settle();
    expect(room().getActiveDevice("audiooutput")).toBe("headset");
    await act(async () => room().botComes({ "lk.agent.state": "initializing" }));
    expect(room().remoteParticipants.get("bot")?.getVolume()).toBe(0.3);
  });

  it("stays when another one is plugged in, and comes to stand before it in the list", async () => {
    localStorage.setItem("parley.speaker", "headset");
    loudspeakers.splice(0, Infinity, "headset", "built-in");
    const { room, devices } = await call();
    for (const plugged of [[], ["new"]]) {
      loudspeakers.unshift(...plugged);
      await act(async () => devices.dispatchEvent(new Event("devicechange")));
      await settle();
    }
    expect(room().getActiveDevice("audiooutput")).toBe("headset");
  });

  it("stays when a page beside it chooses another one for its own call", async () => {
    localStorage.setItem("parley.speaker", "headset");
    loudspeakers.splice(0, Infinity, "headset", "built-in");
    const { room, devices } = await call();
    localStorage.setItem("parley.speaker", "built-in");
    loudspeakers.unshift("new");
    await act(async () => devices.dispatchEvent(new Event("devicechange")));
    await settle();
    act(() => room().ends(DisconnectReason.SIGNAL_CLOSE));
    await settle();
    expect(room().getActiveDevice("audiooutput")).toBe("headset");
  });

  it("is as loud as was chosen last where a call is taken back from another page", async () => {
    const page = await call();
    localStorage.setItem("parley.holder.s1", `another ${Date.now()}`);
    act(() => page.room().ends(DisconnectReason.DUPLICATE_IDENTITY));
    await settle();
    localStorage.setItem("parley.volume", "0.2");
    await press("Take it back here");
    await settle();
    await act(async () => page.room().botComes());
    expect(page.room().remoteParticipants.get("bot")?.getVolume()).toBe(0.2);
  });

  it("is that of the next call too", async () => {
    await chosenInACall();
    const { room } = await call();
    expect(room().getActiveDevice("audiooutput")).toBe("headset");
  });

  it("is left alone while it is gone, and used again once it is back", async () => {
    await chosenInACall();
    loudspeakers.pop();
    const { room, devices } = await call();
    expect(room().getActiveDevice("audiooutput")).not.toBe("headset");
    loudspeakers.push("headset");
    devices.dispatchEvent(new Event("devicechange"));
    await settle();
    expect(room().getActiveDevice("audiooutput")).toBe("headset");
  });

  it("is no choice where there is only one", async () => {
    loudspeakers.pop();
    await call();
    await press("Sound and keys");
    expect(screen.queryByRole("combobox", { name: "Loudspeaker" })).toBeNull();
  });
});

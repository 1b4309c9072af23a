import { act } from "@testing-library/react";
import { DisconnectReason } from "livekit-client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { button, call, press, settle, typedCall, visit } from "./visit";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

type Page = ReturnType<typeof visit>;

beforeEach(() => localStorage.clear());
afterEach(() => void vi.restoreAllMocks());

const readAloud = () =>
  [...document.querySelectorAll("[aria-live=polite].sr-only p")].map((one) => one.textContent);

async function says(page: Page, id: string, text: string) {
  await act(async () => {
    page.room().hears("bot", [text], { "lk.segment_id": id, "lk.transcription_final": "true" });
  });
  await settle();
}

async function loses(page: Page) {
  await act(async () => page.room().ends(DisconnectReason.STATE_MISMATCH));
  await settle();
}

/** What a room may do to a microphone that the page holds all the while. */
const ORDERS: [string, (page: Page) => Promise<void>][] = [
  ["while the connection is lost", loses],
  [
    "while a bot speaks in a room that does not have it again yet",
    async (page) => {
      const own = page.room().localParticipant;
      const publish = own.publishTrack;
      let go: () => void = () => undefined;
      const allowed = new Promise<void>((resolve) => (go = resolve));
      own.publishTrack = async (...given) => {
        await allowed;
        return publish(...given);
      };
      await loses(page);
      await act(async () => page.room().botComes({ "lk.agent.state": "speaking" }));
      await says(page, "2", "There you are.");
      expect(readAloud()).toEqual([]);
      await act(async () => go());
      await settle();
    },
  ],
];

it.each(ORDERS)("nothing is read into a microphone %s", async (_when, does) => {
  const page = await call();
  await says(page, "1", "Nobody reads this aloud.");
  await does(page);
  expect(readAloud()).toEqual([]);
  expect(document.body).not.toHaveTextContent("Type to talk");
});

it("what is told of a call without a microphone is read", async () => {
  const page = await typedCall();
  await says(page, "1", "Hello.");
  expect(readAloud()).toEqual(["Parley: Hello."]);
});

it("who mutes while the connection is lost comes back muted", async () => {
  const page = await call();
  const { resume } = page.server;
  let go: () => void = () => undefined;
  const allowed = new Promise<void>((resolve) => (go = resolve));
  page.server.resume = () => allowed.then(() => resume());
  await loses(page);
  await press("Mute microphone");
  await settle();
  expect(button("Unmute microphone")).toBeVisible();
  await act(async () => go());
  await settle();
  await act(async () => page.room().botComes());
  await settle();
  expect(page.room().published?.track.isMuted).toBe(true);
  expect(button("Unmute microphone")).toBeVisible();
  expect(page.devices.asked).toBe(1);
});

import { act, screen } from "@testing-library/react";
import { DisconnectReason, RoomEvent } from "livekit-client";
import { expect, vi } from "vitest";

import { Line } from "@/hooks/line";
import { keptTicket } from "@/lib/ticket";

import type { OfflineRoom } from "./offlineRoom";
import { refusal, resumes } from "./requests";
import { call, press, settle, status } from "./visit";

import { promise } from "../promise";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

const turns = (type: string) => Object.assign(new Event(type), { persisted: true });

/** How a page is away, and is back. */
const AWAY: [string, (room: OfflineRoom) => void, (room: OfflineRoom) => void][] = [
  [
    "kept whole by the browser",
    () => void window.dispatchEvent(turns("pagehide")),
    () => void window.dispatchEvent(turns("pageshow")),
  ],
  [
    "frozen, and left by LiveKit's client",
    (room) => void (room.hasLeft = true),
    (room) => room.ends(DisconnectReason.CLIENT_INITIATED),
  ],
];

/** Of a tab that was duplicated: it has the same ticket. */
async function anotherTab(): Promise<Line> {
  const kept = keptTicket();
  if (!kept) throw new Error("there is no call to take");
  const other = new Line("");
  await other.openAgain({ kept, microphoneId: undefined, mayAsk: false }, () => undefined);
  // What the other tab keeps is not this one's.
  window.sessionStorage.setItem("parley.call", JSON.stringify(kept));
  return other;
}

for (const [how, leaves, comesBack] of AWAY) {
  promise(
    "Page",
    "A tab that was away takes its call from no other tab, and takes it up if none is in it.",
    async () => {
      const page = await call();
      const own = page.room();
      act(() => leaves(own));
      await act(anotherTab);
      const before = resumes(page).length;
      act(() => comesBack(own));
      await settle();
      expect(screen.getByText("Another tab has taken this call."), how).toBeVisible();
      expect(resumes(page)).toHaveLength(before);
      expect(page.server.of("DELETE")).toEqual([]);
      await press("Take it back here");
      await settle();
      await act(async () => page.room().botComes());
      await settle();
      expect(status()).toBe("Listening");
    },
  );

  promise(
    "Page",
    "A tab that was away takes its call from no other tab, and takes it up if none is in it.",
    async () => {
      const page = await call();
      const own = page.room();
      act(() => leaves(own));
      const other = await act(anotherTab);
      await act(async () => other.close());
      page.server.resume = async () => refusal("session_gone", 410, { reason: "caller_left" });
      act(() => comesBack(own));
      await settle();
      expect(screen.getByText("The call ended while you were away."), how).toBeVisible();
    },
  );

  promise(
    "Page",
    "A tab that was away takes its call from no other tab, and takes it up if none is in it.",
    async () => {
      const page = await call();
      const own = page.room();
      act(() => leaves(own));
      const other = await act(anotherTab);
      other.abandon();
      act(() => comesBack(own));
      await settle();
      await act(async () => own.botComes());
      await settle();
      expect(status(), how).toBe("Listening");
    },
  );
}

promise(
  "Page",
  "A tab that was away takes its call from no other tab, and takes it up if none is in it.",
  async () => {
    const page = await call();
    const own = page.room();
    act(() => void own.emit(RoomEvent.Reconnecting));
    await act(anotherTab);
    // Browsers tell the other pages; LiveKit's client would find the room, and take it back.
    act(() => void window.dispatchEvent(new StorageEvent("storage")));
    await settle();
    expect(screen.getByText("Another tab has taken this call.")).toBeVisible();
    expect(own.hasLeft).toBe(true);
    expect(page.server.of("DELETE")).toEqual([]);
  },
);

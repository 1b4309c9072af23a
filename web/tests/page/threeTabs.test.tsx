import { act, screen } from "@testing-library/react";
import { DisconnectReason, RoomEvent } from "livekit-client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Line } from "@/hooks/line";
import { after } from "@/hooks/pause";
import { REPLACED_LOOK_MS } from "@/hooks/useRoomEvents";
import { STANDS_MS } from "@/lib/holder";
import { keptTicket } from "@/lib/ticket";

import { type OfflineRoom, rooms } from "./offlineRoom";
import { refusal, resumes } from "./requests";
import { call, press, settle, status, visit } from "./visit";

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

const others: Line[] = [];

beforeEach(() => localStorage.clear());
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(others.splice(0).map(async (other) => other.leaveBehind()));
});

/** Of a tab that was duplicated: it has the same ticket. */
async function anotherTab(spoil: (other: Line) => void = () => undefined): Promise<Line> {
  const kept = keptTicket();
  if (!kept) throw new Error("there is no call to take");
  const other = new Line("");
  others.push(other);
  spoil(other);
  const request = { kept, microphoneId: undefined, mayAsk: false };
  await Promise.race([other.openAgain(request, () => undefined), after(50)]);
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
      await act(async () => anotherTab());
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
      const other = await act(async () => anotherTab());
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
      const other = await act(async () => anotherTab());
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
    await act(async () => anotherTab());
    // Browsers tell the other pages; LiveKit's client would find the room, and take it back.
    act(() => void window.dispatchEvent(new StorageEvent("storage")));
    await settle();
    expect(screen.getByText("Another tab has taken this call.")).toBeVisible();
    expect(own.hasLeft).toBe(true);
    expect(page.server.of("DELETE")).toEqual([]);
  },
);

type Visited = ReturnType<typeof visit>;

/** The page is gone without having been kept whole, and is loaded anew in its tab. */
async function loadedAnew(
  left: { unmount: () => void },
  prepare: (page: Visited) => void = () => undefined,
) {
  const [tab, browser] = [{ ...window.sessionStorage }, { ...window.localStorage }];
  left.unmount();
  await settle();
  Object.assign(window.sessionStorage, tab);
  Object.assign(window.localStorage, browser);
  const page = visit({ isReload: true });
  prepare(page);
  await settle();
  return page;
}

const PLACE = "parley.holder.s1";
const place = () => localStorage.getItem(PLACE) ?? "";

promise(
  "Page",
  "A tab that was away takes its call from no other tab, and takes it up if none is in it.",
  async () => {
    const left = await call();
    act(() => void window.dispatchEvent(turns("pagehide")));
    const other = await act(async () => anotherTab());
    const page = await loadedAnew(left);
    expect(screen.getByText("Another tab has taken this call.")).toBeVisible();
    expect(page.server.requests).toEqual([]);
    expect(page.devices.asked).toBe(0);
    // Nor does it later, though the other one has left: whoever was told so decides.
    act(() => other.abandon());
    const again = await loadedAnew(page);
    expect(again.server.requests).toEqual([]);
    await press("Take it back here");
    await settle();
    await act(async () => again.room().botComes());
    await settle();
    expect(status()).toBe("Listening");
    expect(again.room().published?.track.isMuted).toBe(false);
  },
);

promise(
  "Page",
  "A tab that was away takes its call from no other tab, and takes it up if none is in it.",
  async () => {
    // Its own place stands, as it could say nothing.
    const page = await loadedAnew(await call());
    expect(place()).not.toBe("");
    await act(async () => page.room().botComes());
    await settle();
    expect(status()).toBe("Listening");
  },
);

/** The server has answered, and the room is not entered yet. */
const looks = () => {
  for (const room of rooms) room.connect = () => new Promise(() => undefined);
};
const isIn = () => undefined;
const crash = loadedAnew;
const reload: typeof crash = (left, prepare) => {
  window.dispatchEvent(new Event("pagehide"));
  return loadedAnew(left, prepare);
};

/** How the pages of one tab go, one after the other, and how far the next one comes. */
const ORDERS: [typeof crash, () => void][][] = [
  [
    [crash, looks],
    [reload, isIn],
  ],
  [
    [crash, looks],
    [crash, isIn],
  ],
  [
    [crash, looks],
    [reload, looks],
    [crash, isIn],
  ],
  [
    [crash, isIn],
    [crash, isIn],
  ],
  [
    [reload, looks],
    [crash, isIn],
    [crash, isIn],
  ],
];

for (const order of ORDERS) {
  promise(
    "Page",
    "A tab that was away takes its call from no other tab, and takes it up if none is in it.",
    async () => {
      let page = await call();
      for (const [go, prepare] of order) page = await go(page, prepare);
      await act(async () => page.room().botComes());
      await settle();
      expect(status()).toBe("Listening");

      // And from who has come in since it takes the call as little as before.
      await act(async () => anotherTab());
      page = await reload(page);
      expect(screen.getByText("Another tab has taken this call.")).toBeVisible();
      expect(page.server.requests).toEqual([]);
    },
  );
}

promise(
  "Page",
  "A tab that was away takes its call from no other tab, and takes it up if none is in it.",
  async () => {
    const page = await call();
    let answer: () => void = () => undefined;
    const { resume } = page.server;
    page.server.resume = async () => {
      await new Promise<void>((resolve) => (answer = resolve));
      return resume();
    };
    const own = page.room();
    act(() => void window.dispatchEvent(turns("pagehide")));
    act(() => void window.dispatchEvent(turns("pageshow")));
    await settle();
    // Kept whole once more, as it looks for the way back: it is told of no other tab meanwhile.
    act(() => void window.dispatchEvent(turns("pagehide")));
    page.server.resume = resume;
    await act(async () => anotherTab());
    own.joined = undefined;
    act(() => void window.dispatchEvent(turns("pageshow")));
    act(() => answer());
    await settle();
    expect(screen.getByText("Another tab has taken this call.")).toBeVisible();
    expect(own.joined).toBeUndefined();
  },
);

it("whoever has crashed keeps nobody out of the call for long", async () => {
  const page = await call();
  act(() => void window.dispatchEvent(turns("pagehide")));
  const other = await act(async () => anotherTab());
  const crashed = place();
  other.abandon();
  const [id, atMs] = crashed.split(" ");
  localStorage.setItem(PLACE, `${id} ${Number(atMs) - STANDS_MS}`);
  act(() => void window.dispatchEvent(turns("pageshow")));
  await settle();
  await act(async () => page.room().botComes());
  await settle();
  expect(status()).toBe("Listening");
  expect(place().split(" ")[0]).not.toBe(id);
});

it("a call is taken as its room is entered, before its microphone is published", async () => {
  const page = await call();
  act(() => void window.dispatchEvent(turns("pagehide")));
  await act(async () =>
    anotherTab(({ room }) => {
      vi.spyOn(room.localParticipant, "publishTrack").mockReturnValue(new Promise(() => undefined));
    }),
  );
  const before = resumes(page).length;
  act(() => void window.dispatchEvent(turns("pageshow")));
  await settle();
  expect(screen.getByText("Another tab has taken this call.")).toBeVisible();
  expect(resumes(page)).toHaveLength(before);
});

it.each([
  ["has just come in, and no other is in it, comes back", 1, 1],
  ["has long been in it does not fight for it, whoever has it", STANDS_MS, 0],
])("a page that is put out of a call and %s", async (_who, inItMs, comesBack) => {
  const page = await call();
  const clock = vi.spyOn(performance, "now").mockReturnValue(performance.now() + inItMs);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  act(() => page.room().ends(DisconnectReason.DUPLICATE_IDENTITY));
  await act(async () => vi.advanceTimersByTimeAsync(REPLACED_LOOK_MS));
  vi.useRealTimers();
  await settle();
  clock.mockRestore();
  expect(resumes(page)).toHaveLength(comesBack);
  expect(screen.queryAllByText("Another tab has taken this call.")).toHaveLength(1 - comesBack);
});

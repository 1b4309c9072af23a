import { JoinResponse, ReconnectResponse, SignalResponse } from "@livekit/protocol";
import { renderHook } from "@testing-library/react";
import type { Room } from "livekit-client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { useRoomEvents } from "@/hooks/useRoomEvents";
import type { CallEvent } from "@/lib/call";

import { carriedTrack, fakeLine } from "./fakes";

/** How a server takes a connection, if it does. */
type Manner = "answers" | "refuses" | "hangs" | "is silent";

/** The end of a signal connection in the browser. */
class FakeSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  readyState = 0;
  onopen?: (event: Event) => void;
  onmessage?: (event: { data: ArrayBuffer }) => void;
  onerror?: (event: Event) => void;
  onclose?: (event: CloseEvent) => void;

  constructor(readonly url: string) {
    super();
    sockets.push(this);
    setTimeout(() => this.meets(server.manner), 10);
  }

  send() {}

  close() {
    const wasOpen = this.readyState === 1;
    if (this.readyState < 2) setTimeout(() => this.ends(wasOpen ? 1000 : 1006), 0);
  }

  ends(code: number) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    const [error, close] = [new Event("error"), new CloseEvent("close", { code })];
    if (code !== 1000) this.onerror?.(error);
    if (code !== 1000) this.dispatchEvent(error);
    this.onclose?.(close);
    this.dispatchEvent(close);
  }

  private meets(manner: Manner) {
    if (this.readyState !== 0 || manner === "hangs") return;
    if (manner === "refuses") return this.ends(1006);
    this.readyState = 1;
    this.onopen?.(new Event("open"));
    if (manner === "is silent") return;
    const isBack = this.url.includes("reconnect=1");
    const message = isBack
      ? { case: "reconnect" as const, value: new ReconnectResponse() }
      : { case: "join" as const, value: new JoinResponse({ subscriberPrimary: true }) };
    // Once the page reads.
    setTimeout(() => this.onmessage?.({ data: bytesOf(new SignalResponse({ message })) }), 10);
  }
}

const bytesOf = (response: SignalResponse) => Uint8Array.from(response.toBinary()).buffer;

const sockets: FakeSocket[] = [];
const server: { manner: Manner } = { manner: "answers" };

/** What is used here of the inside of LiveKit's client. */
interface Inside {
  engine: {
    pcManager: object;
    join: (url: string, token: string, options: object, signal: undefined, isOld: true) => unknown;
  };
  sendSyncState: () => void;
}

/** The peer connection stays up through all of it. */
const PEER = {
  currentState: 2,
  publisher: { setConnectionStartedAt: () => undefined, getSenders: () => [] },
  updateConfiguration: () => undefined,
  triggerIceRestart: async () => undefined,
  ensurePCTransportConnection: async () => undefined,
  close: async () => undefined,
};

/** A call of LiveKit's own client whose sound flows, and what the page makes of its connection. */
async function joined() {
  const line = fakeLine();
  const inside = line.room as Room as unknown as Inside;
  Object.assign(inside, { sendSyncState: () => undefined });
  inside.engine.pcManager = PEER;
  const options = { autoSubscribe: true, maxRetries: 1, websocketTimeout: 15_000 };
  void inside.engine.join("ws://127.0.0.1", "token", options, undefined, true);
  const { publication } = carriedTrack("connected");
  const bot = {
    trackPublications: new Map([["TR_1", publication]]),
    videoTrackPublications: new Map(),
    attributes: {},
    getTrackPublications: () => [],
    unpublishTrack: () => undefined,
    setDisconnected: () => undefined,
  };
  line.room.remoteParticipants.set("bot", bot as never);
  const links: string[] = [];
  const onLost = vi.fn();
  const report = (event: CallEvent) => {
    if (event.type === "link_changed") links.push(event.link);
  };
  renderHook(() => useRoomEvents(line, report, onLost));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(sockets).toHaveLength(1);
  return { links, onLost };
}

/** The signal connection breaks, and the server takes the next ones so. */
function breaks(manner: Manner) {
  server.manner = manner;
  sockets[0]?.ends(1006);
}

const after = (secs: number) => vi.advanceTimersByTimeAsync(1_000 * secs);
const tries = () => sockets.length - 1;

beforeEach(() => {
  vi.useFakeTimers();
  sockets.length = 0;
  server.manner = "answers";
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  // The middle of what is left to chance.
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  for (const method of ["error", "warn", "info"] as const) {
    vi.spyOn(console, method).mockImplementation(() => undefined);
  }
});
afterEach(() => void vi.useRealTimers());

describe("a call whose signal alone is lost", () => {
  // LiveKit's client waits 15 s for a connection, and 5 s for its first word.
  it.each([
    ["refuses", 5, 7, 10],
    ["is silent", 2, 5, 10],
    ["hangs", 1, 2, 5],
  ] as const)(
    "is tried for again and again by LiveKit's client, by a server that %s",
    async (manner, after10, after30, after90) => {
      const { links } = await joined();
      breaks(manner);
      await after(10);
      expect(tries()).toBe(after10);
      await after(20);
      expect(tries()).toBe(after30);
      // The voice is heard all the while.
      expect(links).toEqual(["weak"]);
      await after(60);
      expect(tries()).toBe(after90);
    },
  );

  it.each(["refuses", "is silent", "hangs"] as const)(
    "is whole again, and said to be, once a server that %s takes it",
    async (manner) => {
      const { links, onLost } = await joined();
      breaks(manner);
      await after(35);
      server.manner = "answers";
      await after(25);
      expect(links).toEqual(["weak", "good"]);
      expect(onLost).not.toHaveBeenCalled();
      const count = tries();
      await after(60);
      expect(tries()).toBe(count);
    },
  );

  it("is looked for by the page's own way once LiveKit's client gives up", async () => {
    const { links, onLost } = await joined();
    breaks("refuses");
    await after(90);
    expect(onLost).toHaveBeenCalledTimes(1);
    expect(links).toEqual(["weak", "lost"]);
  });
});

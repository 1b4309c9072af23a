import {
  createLocalAudioTrack,
  DisconnectReason,
  type LocalAudioTrack,
  RoomEvent,
} from "livekit-client";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { Line } from "@/hooks/line";
import * as api from "@/lib/api";
import { callClock } from "@/lib/callClock";

vi.mock("livekit-client", async (original) => ({
  ...(await original<typeof import("livekit-client")>()),
  createLocalAudioTrack: vi.fn(),
}));
vi.mock("@/lib/api", async (original) => ({
  ...(await original<typeof import("@/lib/api")>()),
  createSession: vi.fn(),
  endSession: vi.fn(),
}));

const SESSION = {
  session_id: "s1",
  server_url: "ws://127.0.0.1",
  participant_token: "jwt",
};
/** As LiveKit's client knows it; it has no microphone. */
const BROWSER = globalThis.navigator;
const REQUEST = {
  withMicrophone: true,
  attempt: { idempotencyKey: "key", isAskedAgain: false },
};

function newTrack() {
  const source = Object.assign(new EventTarget(), { label: "", getSettings: () => ({}) });
  const track = {
    stop: vi.fn(),
    startPreConnectBuffer: vi.fn(),
    mediaStreamTrack: source,
    on: vi.fn(),
    off: vi.fn(),
  };
  return track as unknown as typeof track & LocalAudioTrack;
}

function newLine() {
  const line = new Line("");
  const connect = vi.spyOn(line.room, "connect").mockResolvedValue();
  const disconnect = vi.spyOn(line.room, "disconnect").mockResolvedValue();
  const publish = vi
    .spyOn(line.room.localParticipant, "publishTrack")
    .mockResolvedValue({} as never);
  vi.spyOn(line.room, "startAudio").mockResolvedValue();
  return { line, connect, disconnect, publish };
}

beforeEach(() => {
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("navigator", { ...navigator, mediaDevices: { getUserMedia: vi.fn() } });
  vi.mocked(createLocalAudioTrack).mockReset().mockResolvedValue(newTrack());
  vi.mocked(api.createSession).mockReset().mockResolvedValue(SESSION);
  vi.mocked(api.endSession).mockReset().mockResolvedValue();
});

describe("Line", () => {
  it("asks for the microphone before it asks for a session, then joins and publishes", async () => {
    const { line, connect, publish } = newLine();
    const steps: string[] = [];
    await line.open(REQUEST, (step) => steps.push(step.type));
    expect(steps).toEqual(["microphone_opened", "session_created", "room_joined"]);
    expect(connect).toHaveBeenCalledWith("ws://127.0.0.1", "jwt");
    expect(publish).toHaveBeenCalledWith(expect.anything(), { preConnectBuffer: true });
  });

  it("creates nothing on the server when the microphone is refused", async () => {
    const { line } = newLine();
    vi.mocked(createLocalAudioTrack).mockRejectedValue(new DOMException("", "NotAllowedError"));
    await expect(line.open(REQUEST, vi.fn())).rejects.toMatchObject({ name: "NotAllowedError" });
    expect(api.createSession).not.toHaveBeenCalled();
  });

  it("refuses a page without a secure context", async () => {
    vi.stubGlobal("isSecureContext", false);
    const { line } = newLine();
    await expect(line.open(REQUEST, vi.fn())).rejects.toMatchObject({
      name: "InsecureContextError",
    });
  });

  it("needs no microphone to type", async () => {
    const { line, publish } = newLine();
    await line.open({ ...REQUEST, withMicrophone: false }, vi.fn());
    expect(createLocalAudioTrack).not.toHaveBeenCalled();
    expect(publish).not.toHaveBeenCalled();
  });

  it("says that the room cannot be reached", async () => {
    const { line, connect } = newLine();
    connect.mockRejectedValue(new Error("could not establish signal connection"));
    await expect(line.open(REQUEST, vi.fn())).rejects.toMatchObject({
      name: "VoiceUnreachableError",
    });
  });

  it("closes everything once: microphone, room, session", async () => {
    const track = newTrack();
    vi.mocked(createLocalAudioTrack).mockResolvedValue(track);
    const { line, disconnect } = newLine();
    await line.open(REQUEST, vi.fn());
    await line.close();
    await line.close();
    expect(track.stop).toHaveBeenCalled();
    expect(disconnect).toHaveBeenCalled();
    expect(api.endSession).toHaveBeenCalledTimes(1);
  });

  it.each(["close", "leaveBehind", "handOver"] as const)(
    "is left by %s though LiveKit's client breaks at it",
    async (leave) => {
      const { line, disconnect } = newLine();
      await line.open(REQUEST, vi.fn());
      disconnect.mockRejectedValue(new Error("the engine is gone"));
      await line[leave]();
      expect(api.endSession).toHaveBeenCalledTimes(leave === "handOver" ? 0 : 1);
    },
  );

  it("takes no place in a call that is ended while its room is entered", async () => {
    const { line, connect } = newLine();
    connect.mockImplementation(async () => {
      void line.close();
      line.room.emit(RoomEvent.SignalConnected);
    });
    const isTold = vi.spyOn(Storage.prototype, "setItem");
    await expect(line.open(REQUEST, vi.fn())).rejects.toMatchObject({ name: "AbortError" });
    expect(isTold.mock.calls.filter(([key]) => key.startsWith("parley.holder."))).toEqual([]);
  });

  it("does not end a session whose room was deleted under it", async () => {
    const { line } = newLine();
    await line.open(REQUEST, vi.fn());
    line.room.emit(RoomEvent.Disconnected, DisconnectReason.ROOM_DELETED);
    await line.close();
    expect(api.endSession).not.toHaveBeenCalled();
  });

  it("switches a microphone off that was granted after the caller gave up", async () => {
    const track = newTrack();
    let grant: (track: LocalAudioTrack) => void = () => undefined;
    vi.mocked(createLocalAudioTrack).mockReturnValue(new Promise((resolve) => (grant = resolve)));
    const { line } = newLine();
    const opening = line.open(REQUEST, vi.fn());
    await line.close();
    grant(track);
    await expect(opening).rejects.toMatchObject({ name: "AbortError" });
    expect(track.stop).toHaveBeenCalled();
    expect(api.createSession).not.toHaveBeenCalled();
  });

  it.each(["the microphone", "the server"])(
    "closes its sound when the start fails at %s, before any connection",
    async (where) => {
      const states: AudioContextState[] = [];
      class Counted extends AudioContext {
        private readonly number = states.push("running") - 1;
        override close = async () => void (states[this.number] = "closed");
      }
      vi.stubGlobal("AudioContext", Counted);
      vi.stubGlobal("navigator", BROWSER);
      vi.mocked(api.createSession).mockRejectedValue(new Error("no"));
      const line = new Line("");
      const request = { ...REQUEST, withMicrophone: where === "the microphone" };
      await expect(line.open(request, vi.fn())).rejects.toBeDefined();
      await vi.waitFor(() => expect(states).toEqual(["running"]));
      await line.close();
      await vi.waitFor(() => expect(states).toEqual(["closed"]));
    },
  );

  it("looks at the reader's clock as LiveKit's client comes back by itself", async () => {
    const { line } = newLine();
    await line.open(REQUEST, vi.fn());
    const before = callClock.now();
    // Asleep, which not all computers count.
    const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 3_600_000);
    line.room.emit(RoomEvent.Reconnected);
    clock.mockRestore();
    expect(callClock.now() - before).toBeGreaterThan(3_500_000);
  });

  it("ends the session as the page goes away", async () => {
    const { line } = newLine();
    line.abandon();
    expect(api.endSession).not.toHaveBeenCalled();
    await line.open(REQUEST, vi.fn());
    line.abandon();
    expect(api.endSession).toHaveBeenCalledWith("", SESSION);
  });
});

import { renderHook } from "@testing-library/react";
import { ConnectionQuality, DisconnectReason, RoomEvent } from "livekit-client";
import { afterEach, describe, expect, it, vi } from "vitest";

import { ROOM_GONE_LIMIT_MS, SILENT_LIMIT_MS, useRoomEvents } from "@/hooks/useRoomEvents";
import type { CallEvent } from "@/lib/call";

import { carriedTrack, emitAttributes, fakeBot, fakeLine } from "./fakes";

/** Everything by which LiveKit tells that a connection is over, and nobody wanted it. */
const LOSSES = [
  undefined,
  DisconnectReason.UNKNOWN_REASON,
  DisconnectReason.SERVER_SHUTDOWN,
  DisconnectReason.STATE_MISMATCH,
  DisconnectReason.JOIN_FAILURE,
  DisconnectReason.MIGRATION,
  DisconnectReason.SIGNAL_CLOSE,
  DisconnectReason.CONNECTION_TIMEOUT,
  DisconnectReason.MEDIA_FAILURE,
  // LiveKit's client leaves by itself when the browser freezes the page.
  DisconnectReason.CLIENT_INITIATED,
];

function follow() {
  const dispatch = vi.fn<(event: CallEvent) => void>();
  const onLost = vi.fn();
  const line = fakeLine();
  const hook = renderHook(() => useRoomEvents(line, dispatch, onLost));
  return { dispatch, onLost, line, room: line.room, ...hook };
}

function network(isOnline: boolean) {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(isOnline);
  window.dispatchEvent(new Event(isOnline ? "online" : "offline"));
}

afterEach(() => void vi.useRealTimers());

describe("useRoomEvents", () => {
  it("ends with the reason the bot gave before it deleted the room", async () => {
    const { dispatch, room } = follow();
    emitAttributes(room, { "parley.end_reason": "time_limit" });
    room.emit(RoomEvent.Disconnected, DisconnectReason.ROOM_DELETED);
    expect(dispatch).toHaveBeenCalledWith({ type: "closed", ending: "time_limit" });
  });

  it.each([
    [undefined, "ended"],
    ["provider_failed", "provider_failed"],
    ["a word of the future", "ended"],
  ])("asks the server when the bot did not say why: %s", async (reason, ending) => {
    const { dispatch, line, room } = follow();
    line.held.whyEnded.mockResolvedValue(reason);
    room.emit(RoomEvent.Disconnected, DisconnectReason.ROOM_DELETED);
    await vi.waitFor(() => expect(dispatch).toHaveBeenCalledWith({ type: "closed", ending }));
  });

  it.each(LOSSES)("looks for the way back after %s, and says so", (reason) => {
    const { dispatch, onLost, room } = follow();
    room.emit(RoomEvent.Disconnected, reason);
    expect(onLost).toHaveBeenCalledTimes(1);
    expect(dispatch.mock.calls).toEqual([[{ type: "link_changed", link: "lost" }]]);
  });

  it("takes a connection that is not resumed soon for lost", () => {
    vi.useFakeTimers();
    const { dispatch, room } = follow();
    room.emit(RoomEvent.SignalReconnecting);
    vi.advanceTimersByTime(SILENT_LIMIT_MS);
    const [weak, lost] = ["weak", "lost"].map((link) => [{ type: "link_changed", link }]);
    expect(dispatch.mock.calls).toEqual([weak, lost]);
    room.emit(RoomEvent.Connected);
    room.emit(RoomEvent.SignalReconnecting);
    room.emit(RoomEvent.Reconnected);
    vi.advanceTimersByTime(SILENT_LIMIT_MS);
    expect(dispatch.mock.lastCall).toEqual([{ type: "link_changed", link: "good" }]);
  });

  it.each([
    ["its signal alone is gone", "connected", true, ["weak"]],
    ["its signal alone is gone, and checks are done", "completed", true, ["weak"]],
    ["nothing gets through, whatever LiveKit says", "disconnected", false, ["weak", "lost"]],
    ["its sound has failed", "failed", false, ["weak", "lost"]],
    ["nothing is known yet", "checking", false, []],
  ] as const)("a line of which %s", (_what, state, isSignalGone, links) => {
    vi.useFakeTimers();
    const { dispatch, room } = follow();
    const { iceTransport, publication } = carriedTrack(state);
    const bot = { trackPublications: new Map([["TR_1", publication]]) };
    room.remoteParticipants.set("bot", bot as never);
    vi.advanceTimersByTime(1_000);
    if (isSignalGone) room.emit(RoomEvent.SignalReconnecting);
    vi.advanceTimersByTime(30_000);
    expect(dispatch.mock.calls.map(([event]) => event)).toEqual(
      links.map((link) => ({ type: "link_changed", link })),
    );
    if (links.length < 1 || isSignalGone) return;
    iceTransport.state = "connected";
    vi.advanceTimersByTime(1_000);
    expect(dispatch.mock.lastCall).toEqual([{ type: "link_changed", link: "good" }]);
  });

  it("does not fight for a call that another tab has taken", () => {
    const { dispatch, onLost, room } = follow();
    room.emit(RoomEvent.Disconnected, DisconnectReason.DUPLICATE_IDENTITY);
    expect(onLost).not.toHaveBeenCalled();
    expect(dispatch.mock.calls).toEqual([[{ type: "taken_elsewhere" }]]);
  });

  it("leaves a room that could not be joined to whoever tries", () => {
    const { dispatch, onLost, line, room } = follow();
    line.stage = "opening";
    room.emit(RoomEvent.Disconnected, DisconnectReason.JOIN_FAILURE);
    expect(onLost).not.toHaveBeenCalled();
    expect(dispatch).not.toHaveBeenCalled();
  });

  it("says nothing about our own leaving", () => {
    const { dispatch, onLost, line, room } = follow();
    line.isClosed = true;
    room.emit(RoomEvent.Disconnected, DisconnectReason.CLIENT_INITIATED);
    expect(onLost).not.toHaveBeenCalled();
    expect(dispatch).not.toHaveBeenCalled();
  });

  it("tells each change of the connection once, however often it is told", () => {
    const { dispatch, room } = follow();
    const own = room.localParticipant;
    room.emit(RoomEvent.SignalReconnecting);
    room.emit(RoomEvent.ConnectionQualityChanged, ConnectionQuality.Lost, own);
    room.emit(RoomEvent.Reconnecting);
    room.emit(RoomEvent.Reconnecting);
    network(false);
    network(true);
    room.emit(RoomEvent.Reconnected);
    network(false);
    network(true);
    expect(dispatch.mock.calls.map(([event]) => event)).toEqual(
      ["weak", "lost", "offline", "lost", "good", "weak", "good"].map((link) => {
        return { type: "link_changed", link };
      }),
    );
  });

  it("does not take the bot's bad connection for its own", () => {
    const { dispatch, room } = follow();
    const bot = fakeBot({}) as never;
    room.emit(RoomEvent.ConnectionQualityChanged, ConnectionQuality.Lost, bot);
    expect(dispatch).not.toHaveBeenCalled();
  });

  it("ends by the bot's reason when it has left a room that stays", async () => {
    vi.useFakeTimers();
    const { dispatch, room } = follow();
    const bot = fakeBot({ "parley.end_reason": "drained" }) as never;
    emitAttributes(room, { "parley.end_reason": "drained" });
    room.emit(RoomEvent.ParticipantDisconnected, bot);
    expect(dispatch).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(ROOM_GONE_LIMIT_MS);
    expect(dispatch.mock.calls).toEqual([[{ type: "closed", ending: "drained" }]]);
  });

  it("does not end by the reason of a bot whose place another one has taken", () => {
    const { dispatch, onLost, room } = follow();
    emitAttributes(room, { "parley.end_reason": "error", "parley.job": "AJ_1" });
    emitAttributes(room, { "lk.agent.state": "listening", "parley.job": "AJ_2" });
    room.emit(RoomEvent.Disconnected, DisconnectReason.SIGNAL_CLOSE);
    expect(onLost).toHaveBeenCalledTimes(1);
    expect(dispatch.mock.calls).toEqual([[{ type: "link_changed", link: "lost" }]]);
  });

  it("listens no longer once the page is gone", () => {
    const { dispatch, room, unmount } = follow();
    unmount();
    room.emit(RoomEvent.Reconnecting);
    room.emit(RoomEvent.Disconnected, DisconnectReason.ROOM_DELETED);
    expect(dispatch).not.toHaveBeenCalled();
  });
});

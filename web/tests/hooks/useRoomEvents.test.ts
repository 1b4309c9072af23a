import { renderHook } from "@testing-library/react";
import { DisconnectReason, RoomEvent } from "livekit-client";
import { describe, expect, it, vi } from "vitest";

import { useRoomEvents } from "@/hooks/useRoomEvents";
import type { CallEvent } from "@/lib/call";

import { emitAttributes, fakeLine } from "./fakes";

function follow() {
  const dispatch = vi.fn<(event: CallEvent) => void>();
  const line = fakeLine();
  const hook = renderHook(() => useRoomEvents(line, dispatch));
  return { dispatch, room: line.room, ...hook };
}

describe("useRoomEvents", () => {
  it("ends with the reason the bot gave before it deleted the room", () => {
    const { dispatch, room } = follow();
    emitAttributes(room, { "parley.end_reason": "time_limit" });
    room.emit(RoomEvent.Disconnected, DisconnectReason.ROOM_DELETED);
    expect(dispatch).toHaveBeenCalledWith({ type: "closed", ending: "time_limit" });
  });

  it("ends without a reason when the room was deleted and nobody said why", () => {
    const { dispatch, room } = follow();
    room.emit(RoomEvent.Disconnected, DisconnectReason.ROOM_DELETED);
    expect(dispatch).toHaveBeenCalledWith({ type: "closed", ending: "ended" });
  });

  it("calls every other disconnect a lost connection", () => {
    const { dispatch, room } = follow();
    room.emit(RoomEvent.Disconnected, DisconnectReason.SIGNAL_CLOSE);
    expect(dispatch).toHaveBeenCalledWith({ type: "failed", failure: { code: "connection_lost" } });
  });

  it("says nothing about our own leaving", () => {
    const { dispatch, room } = follow();
    room.emit(RoomEvent.Disconnected, DisconnectReason.CLIENT_INITIATED);
    expect(dispatch).not.toHaveBeenCalled();
  });

  it("reports reconnecting and reconnected", () => {
    const { dispatch, room } = follow();
    room.emit(RoomEvent.Reconnecting);
    room.emit(RoomEvent.Reconnected);
    expect(dispatch.mock.calls.map(([event]) => event.type)).toEqual([
      "reconnecting",
      "reconnected",
    ]);
  });

  it("listens no longer once the page is gone", () => {
    const { dispatch, room, unmount } = follow();
    unmount();
    room.emit(RoomEvent.Reconnecting);
    room.emit(RoomEvent.Disconnected, DisconnectReason.ROOM_DELETED);
    expect(dispatch).not.toHaveBeenCalled();
  });
});

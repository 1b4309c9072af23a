import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { RoomEvent } from "livekit-client";
import { describe, expect, it, vi } from "vitest";

import { Room } from "@/components/Room";

import { fakeLine } from "../hooks/fakes";

function blockSound(line: ReturnType<typeof fakeLine>, isBlocked: boolean) {
  vi.spyOn(line.room, "canPlaybackAudio", "get").mockReturnValue(!isBlocked);
  act(() => void line.room.emit(RoomEvent.AudioPlaybackStatusChanged, !isBlocked));
}

describe("Room", () => {
  it("asks for a tap while the browser blocks the sound, and only then", async () => {
    const line = fakeLine();
    const startAudio = vi.spyOn(line.room, "startAudio").mockResolvedValue();
    render(<Room line={line} isLive />);
    expect(screen.queryByRole("button", { name: "Tap to hear" })).toBeNull();
    blockSound(line, true);
    await userEvent.click(screen.getByRole("button", { name: "Tap to hear" }));
    expect(startAudio).toHaveBeenCalled();
    startAudio.mockRejectedValue(new DOMException("", "NotAllowedError"));
    await userEvent.click(screen.getByRole("button", { name: "Tap to hear" }));
    expect(screen.getByRole("button", { name: "Tap to hear" })).toBeVisible();
    blockSound(line, false);
    expect(screen.queryByRole("button", { name: "Tap to hear" })).toBeNull();
  });
});

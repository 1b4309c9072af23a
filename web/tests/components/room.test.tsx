import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { RoomEvent } from "livekit-client";
import { describe, expect, it, vi } from "vitest";

import { Room } from "@/components/Room";

import { fakeLine } from "../hooks/fakes";
import { promise } from "../promise";

function blockSound(line: ReturnType<typeof fakeLine>, isBlocked: boolean) {
  vi.spyOn(line.room, "canPlaybackAudio", "get").mockReturnValue(!isBlocked);
  act(() => void line.room.emit(RoomEvent.AudioPlaybackStatusChanged, !isBlocked));
}

/** The page with tracks of the bot, and the elements that play them. */
function playing() {
  const line = fakeLine();
  const mediaStreamTrack = { readyState: "live" };
  const publication = (sid: string) =>
    [
      sid,
      { track: { kind: "audio", sid, mediaStreamTrack, attach: vi.fn(), detach: vi.fn() } },
    ] as const;
  const bot = { audioTrackPublications: new Map(["TR_1", "TR_2"].map(publication)) };
  line.room.remoteParticipants.set("bot", bot as never);
  const { container } = render(<Room line={line} isLive />);
  const [audio, other] = container.querySelectorAll("audio");
  if (!audio || !other) throw new Error("nothing plays");
  const play = vi.fn(async () => undefined);
  Object.assign(audio, { play });
  let nowMs = 0;
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  const pause = (afterMs: number) =>
    act(async () => {
      nowMs += afterMs;
      audio.dispatchEvent(new Event("pause"));
    });
  return { audio, other, mediaStreamTrack, pause, play };
}

const tap = () => screen.queryByRole("button", { name: "Tap to hear" });

describe("what is heard of the bot", () => {
  promise(
    "Page",
    "What pauses the sound of a call, as a phone call does, is undone, or else told.",
    async () => {
      const { audio, pause, play } = playing();
      await pause(0);
      expect(play).toHaveBeenCalledTimes(1);
      expect(tap()).toBeNull();
      play.mockRejectedValue(new DOMException("", "NotAllowedError"));
      await pause(60_000);
      expect(tap()).toBeVisible();
      act(() => void audio.dispatchEvent(new Event("playing")));
      expect(tap()).toBeNull();
    },
  );

  it("is left alone by a page that is paused again at once", async () => {
    const { pause, play } = playing();
    await pause(0);
    await pause(100);
    expect(play).toHaveBeenCalledTimes(1);
    expect(tap()).toBeVisible();
  });

  it("is missed though something else of it plays", async () => {
    const { audio, other, pause } = playing();
    await pause(0);
    await pause(100);
    act(() => void other.dispatchEvent(new Event("playing")));
    expect(tap()).toBeVisible();
    act(() => void audio.dispatchEvent(new Event("playing")));
    expect(tap()).toBeNull();
  });

  it("is not missed where there is nothing more to play", async () => {
    const { mediaStreamTrack, pause, play } = playing();
    mediaStreamTrack.readyState = "ended";
    await pause(0);
    expect(play).not.toHaveBeenCalled();
    expect(tap()).toBeNull();
  });
});

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

import { EventEmitter } from "node:events";

import { renderHook } from "@testing-library/react";
import { type LocalAudioTrack, TrackEvent } from "livekit-client";
import { describe, expect, it, vi } from "vitest";

import { useLevel } from "@/hooks/useVoiceLevels";

/** A context in which every source is as loud as its track says. */
class LoudContext {
  state = "running";
  close = async () => undefined;
  createAnalyser = () => ({ fftSize: 0, getFloatTimeDomainData: vi.fn() });
  createMediaStreamSource = (stream: MediaStream) => ({
    connect: (analyser: { getFloatTimeDomainData: (samples: Float32Array) => void }) => {
      const [track] = stream.getTracks() as unknown as { loudness: number }[];
      analyser.getFloatTimeDomainData = (samples) => void samples.fill(track?.loudness ?? 0);
    },
    disconnect: () => undefined,
  });
}

function newTrack(loudness: number) {
  const track = Object.assign(new EventEmitter(), { mediaStreamTrack: { loudness } });
  return track as typeof track & LocalAudioTrack;
}

const show = (track: LocalAudioTrack | undefined) =>
  renderHook(({ track: shown }) => useLevel(shown), { initialProps: { track } });

describe("the level of a track", () => {
  it("is how loud it is, and nothing without one", () => {
    vi.stubGlobal("AudioContext", LoudContext);
    const { result, rerender } = show(newTrack(0.5));
    expect(result.current()).toBe(1);
    rerender({ track: undefined } as never);
    expect(result.current()).toBe(0);
  });

  it("follows the track to another device, as often as it changes", () => {
    vi.stubGlobal("AudioContext", LoudContext);
    const track = newTrack(0);
    const { result, unmount } = show(track);
    for (const loudness of [0.5, 0, 0.5]) {
      Object.assign(track, { mediaStreamTrack: { loudness } });
      track.emit(TrackEvent.Restarted, track);
      expect([loudness, result.current()]).toEqual([loudness, loudness === 0 ? 0 : 1]);
    }
    unmount();
    expect(track.listenerCount(TrackEvent.Restarted)).toBe(0);
  });

  it.each([
    ["there is no AudioContext", undefined],
    [
      "the context refuses the source",
      class extends LoudContext {
        override createMediaStreamSource = () => {
          throw new DOMException("", "NotSupportedError");
        };
      },
    ],
  ])("is nothing where %s", (_where, context) => {
    vi.stubGlobal("AudioContext", context);
    expect(show(newTrack(0.5)).result.current()).toBe(0);
  });
});

import { afterEach, expect, it, vi } from "vitest";

import { playChosenTone, recordSample } from "@/hooks/soundCheck";

const broken = class {
  constructor() {
    throw new DOMException("no more of them", "NotSupportedError");
  }
};
const context = class {
  createAnalyser = () => ({ fftSize: 1024 });
  createMediaStreamSource = () => ({ connect: () => undefined });
  close = async () => undefined;
};

afterEach(() => {
  Reflect.deleteProperty(navigator, "mediaDevices");
  vi.unstubAllGlobals();
});

// Browsers bound their number, and extensions take them away.
it.each(["AudioContext", "MediaRecorder"])(
  "lets go of the microphone where there is no %s",
  async (missing) => {
    const stop = vi.fn();
    const stream = { getTracks: () => [{ stop }], getAudioTracks: () => [] };
    const mediaDevices = { getUserMedia: async () => stream };
    Object.defineProperty(navigator, "mediaDevices", { value: mediaDevices, configurable: true });
    vi.stubGlobal("AudioContext", context);
    vi.stubGlobal(missing, broken);
    await expect(recordSample(() => undefined)).rejects.toThrow("no more of them");
    expect(stop).toHaveBeenCalledTimes(1);
  },
);

const PLAYED = Promise.resolve();

it.each([
  ["the loudspeaker that was chosen", async () => undefined, PLAYED, "headset"],
  [
    "the computer's own, where that one is gone",
    async () => Promise.reject(new Error("gone")),
    PLAYED,
    undefined,
  ],
  [
    "the computer's own, where that one says nothing",
    async () => undefined,
    new Promise<void>(() => undefined),
    "headset",
  ],
])("plays the tone on %s, as loud as a call will be", async (_where, setSinkId, played, place) => {
  localStorage.setItem("parley.speaker", "headset");
  localStorage.setItem("parley.volume", "0.4");
  const heard: { gain?: number; place?: string | undefined } = {};
  class Output {
    srcObject: unknown;
    private sink: string | undefined;
    async setSinkId(id: string) {
      await setSinkId();
      this.sink = id;
    }
    async play() {
      heard.place = this.sink;
      await played;
    }
  }
  class Tone {
    onended = () => undefined;
    connect = <T>(to: T) => to;
    start = () => undefined;
    stop = () => queueMicrotask(() => this.onended());
  }
  class Gain extends Tone {
    constructor(_context: unknown, { gain }: { gain: number }) {
      super();
      heard.gain = gain;
    }
  }
  const closes = vi.fn(async () => undefined);
  class Context {
    currentTime = 0;
    destination = {};
    createMediaStreamDestination = () => ({ stream: {} });
    close = closes;
  }
  vi.stubGlobal("AudioContext", Context);
  vi.stubGlobal("OscillatorNode", Tone);
  vi.stubGlobal("GainNode", Gain);
  vi.stubGlobal("Audio", Output);
  await playChosenTone();
  expect(heard.place).toBe(place);
  expect(heard.gain).toBeCloseTo(0.15 * 0.4);
  expect(closes).toHaveBeenCalledTimes(1);
  localStorage.clear();
});

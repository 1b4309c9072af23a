import { afterEach, expect, it, vi } from "vitest";

import { recordSample } from "@/hooks/soundCheck";

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

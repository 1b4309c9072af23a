import { afterEach, describe, expect, it, vi } from "vitest";

import { openMeter } from "@/lib/meter";

const made: TestContext[] = [];
class TestContext {
  state = "running";
  close = vi.fn(async () => undefined);
  resume = vi.fn(async () => undefined);
  createMediaStreamSource = vi.fn(() => ({ connect: vi.fn(), disconnect: vi.fn() }));
  createAnalyser = vi.fn(() => ({ fftSize: 0, getFloatTimeDomainData: vi.fn() }));
  constructor() {
    made.push(this);
  }
}
const track = {} as MediaStreamTrack;

/** A browser that refuses one of the three things a meter needs. */
const REFUSALS: Record<string, () => unknown> = {
  "no AudioContext": () => undefined,
  "too many contexts": () =>
    class {
      constructor() {
        throw new DOMException("", "NotSupportedError");
      }
    },
  "another sample rate": () =>
    class extends TestContext {
      override createMediaStreamSource = vi.fn(() => {
        throw new DOMException("", "NotSupportedError");
      });
    },
  "no analyser": () =>
    class extends TestContext {
      override createAnalyser = vi.fn(() => {
        throw new DOMException("", "NotSupportedError");
      });
    },
  "a context that cannot be closed": () =>
    class extends TestContext {
      override close = vi.fn(() => Promise.reject(new DOMException("", "InvalidStateError")));
    },
};

afterEach(() => {
  made.length = 0;
});

describe("a meter", () => {
  it.each(Object.keys(REFUSALS))("is silent, and leaves nothing, with %s", async (refusal) => {
    vi.stubGlobal("AudioContext", REFUSALS[refusal]?.());
    const meter = openMeter(track);
    meter.read();
    meter.close();
    meter.close();
    await Promise.resolve();
    expect(meter.read()).toBeUndefined();
    for (const context of made) expect(context.close).toHaveBeenCalledTimes(1);
  });

  it("shares one context with all others, which ends with the last", () => {
    vi.stubGlobal("AudioContext", TestContext);
    const meters = [openMeter(track), openMeter(track), openMeter(track)];
    expect(made).toHaveLength(1);
    expect(meters.map((meter) => meter.read()?.length)).toEqual([1024, 1024, 1024]);
    meters.slice(1).forEach((meter) => meter.close());
    meters[1]?.close();
    expect(made[0]?.close).not.toHaveBeenCalled();
    meters[0]?.close();
    expect(made[0]?.close).toHaveBeenCalledTimes(1);
  });

  it("does not take a context that sleeps for silence, and wakes it at the next touch", () => {
    vi.stubGlobal(
      "AudioContext",
      class extends TestContext {
        override state = "suspended";
      },
    );
    const meter = openMeter(track);
    expect(meter.read()).toBeUndefined();
    const [context] = made;
    context?.resume.mockClear();
    document.dispatchEvent(new Event("pointerdown"));
    expect(context?.resume).toHaveBeenCalledTimes(1);
    meter.close();
    document.dispatchEvent(new Event("pointerdown"));
    expect(context?.resume).toHaveBeenCalledTimes(1);
  });
});

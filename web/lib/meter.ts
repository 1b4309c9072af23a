/** How loud a track is now. An ornament: where it cannot be measured nothing else fails. */

/** 1024 samples are 21 ms at 48 kHz: one syllable, and less than two screen frames. */
const WINDOW_SAMPLES = 1024;

export interface Meter {
  /** The last samples in -1..1, or undefined while nothing can be measured. */
  read: () => Float32Array | undefined;
  /** When the last of them was, on a clock that all meters share. */
  clock: () => { secs: number; rateHz: number };
  close: () => void;
}

/** Measures nothing. */
export const NO_METER: Meter = {
  read: () => undefined,
  clock: () => ({ secs: 0, rateHz: 1 }),
  close: () => undefined,
};

/** Browsers bound the number of contexts, some at four: all meters of the page share one. */
let shared: { context: AudioContext; users: number; wake: () => void } | undefined;

function acquire(): AudioContext {
  if (!shared) {
    const context = new AudioContext();
    // Made outside of a click it sleeps; the next sign of the person wakes it.
    const wake = () => {
      if (context.state !== "running") context.resume().catch(() => undefined);
    };
    shared = { context, users: 0, wake };
    wake();
    document.addEventListener("pointerdown", wake);
    document.addEventListener("keydown", wake);
  }
  shared.users++;
  return shared.context;
}

function release(): void {
  if (!shared || --shared.users > 0) return;
  const { context, wake } = shared;
  shared = undefined;
  document.removeEventListener("pointerdown", wake);
  document.removeEventListener("keydown", wake);
  context.close().catch(() => undefined);
}

/** Browsers refuse for many reasons (no AudioContext, another sample rate, too many): then it is silent. */
export function openMeter(track: MediaStreamTrack, windowSamples = WINDOW_SAMPLES): Meter {
  let context: AudioContext;
  try {
    context = acquire();
  } catch {
    return NO_METER;
  }
  try {
    return measure(context, track, windowSamples);
  } catch {
    release();
    return NO_METER;
  }
}

function measure(context: AudioContext, track: MediaStreamTrack, windowSamples: number): Meter {
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = windowSamples;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let isOpen = true;
  return {
    read: () => {
      // A context that sleeps shows silence that is none.
      if (!isOpen || context.state !== "running") return undefined;
      analyser.getFloatTimeDomainData(samples);
      return samples;
    },
    clock: () => ({ secs: context.currentTime, rateHz: context.sampleRate }),
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      source.disconnect();
      release();
    },
  };
}

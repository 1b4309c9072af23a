import { after } from "@/hooks/pause";
import { levelOf } from "@/lib/levels";
import { rememberedSpeaker, rememberedVolume } from "@/lib/preferences";

const SAMPLE_MS = 3_000;
const LEVEL_EVERY_MS = 100;
const TONE_SECS = 0.8;
/** As long again: what comes later does not come. */
const TONE_LIMIT_MS = 2 * TONE_SECS * 1000;
const TONE_HZ = 440;
/** Quiet enough for headphones. */
const TONE_GAIN = 0.15;

export interface Sample {
  /** The loudest moment, 0..1. */
  peak: number;
  /** Plays what was said. */
  url: string;
  device: string;
}

/** Records three seconds of the microphone and lets it go. */
export async function recordSample(onLevel: (level: number) => void): Promise<Sample> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  let context: AudioContext | undefined;
  try {
    context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let peak = 0;
    const look = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const level = levelOf(samples);
      peak = Math.max(peak, level);
      onLevel(level);
    }, LEVEL_EVERY_MS);
    const recording = await record(stream).finally(() => clearInterval(look));
    onLevel(0);
    const device = stream.getAudioTracks()[0]?.label ?? "";
    return { peak, url: URL.createObjectURL(recording), device };
  } finally {
    // Whatever the browser refuses: the microphone is let go.
    stream.getTracks().forEach((track) => track.stop());
    await context?.close();
  }
}

async function record(stream: MediaStream): Promise<Blob> {
  const recorder = new MediaRecorder(stream);
  const parts: Blob[] = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  return new Promise((resolve, reject) => {
    recorder.onstop = () => resolve(new Blob(parts, { type: recorder.mimeType }));
    recorder.onerror = () => reject(new DOMException("The recorder broke.", "NotReadableError"));
    recorder.start();
    setTimeout(() => recorder.state !== "inactive" && recorder.stop(), SAMPLE_MS);
  });
}

interface Output {
  /** Undefined plays where the computer does. */
  deviceId?: string | undefined;
  volume?: number;
}

/** Plays it where, and as loud as, a call will be heard; a loudspeaker that is gone is not waited for. */
export const playChosenTone = (part = 1): Promise<void> =>
  playTone({ deviceId: rememberedSpeaker(), volume: part * rememberedVolume() });

/** Plays a short tone; resolves when it is over. */
export async function playTone({ deviceId, volume = 1 }: Output = {}): Promise<void> {
  const context = new AudioContext();
  try {
    const tone = new OscillatorNode(context, { frequency: TONE_HZ });
    const gain = new GainNode(context, { gain: TONE_GAIN * volume });
    // An element may wait for a device for ever.
    const output = await Promise.race([
      outputTo(context, deviceId).catch(() => context.destination),
      after(TONE_LIMIT_MS).then(() => context.destination),
    ]);
    tone.connect(gain).connect(output);
    tone.start();
    tone.stop(context.currentTime + TONE_SECS);
    // Where the browser lets no sound out yet, it does not end either.
    await Promise.race([new Promise((resolve) => (tone.onended = resolve)), after(TONE_LIMIT_MS)]);
  } finally {
    await context.close();
  }
}

/** By an element: only Chromium lets the context itself choose. */
async function outputTo(context: AudioContext, deviceId: string | undefined): Promise<AudioNode> {
  if (deviceId === undefined) return context.destination;
  const output = context.createMediaStreamDestination();
  const audio = new Audio();
  audio.srcObject = output.stream;
  await audio.setSinkId(deviceId);
  await audio.play();
  return output;
}

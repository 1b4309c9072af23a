/** Loudness as the voice canvas needs it: 0 is silence, 1 is a raised voice. */

export interface Levels {
  caller: number;
  bot: number;
}

/** Quieter than this is room noise after the browser's noise suppression. */
const SILENCE_DB = -52;
/** Close speech after the browser's gain control. */
const LOUD_DB = -14;

/** Level of one window of samples in -1..1. */
export function levelOf(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < samples.length; index++) sum += (samples[index] ?? 0) ** 2;
  const db = 10 * Math.log10(sum / Math.max(samples.length, 1) + 1e-12);
  return Math.min(1, Math.max(0, (db - SILENCE_DB) / (LOUD_DB - SILENCE_DB)));
}

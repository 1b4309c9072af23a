/** What the page makes of the caller's own sound: that nothing comes at all, or speech while muted. */

import { levelOf } from "@/lib/levels";

/** Less than one step of 16 bits: even a quiet room is louder, a switched-off microphone is not. */
const ONE_STEP = 1 / 32_768;
/** Longer than a greeting during which one holds one's breath. */
const NEVER_HEARD_MS = 10_000;
/** Noise gates send nothing between sentences: a microphone that was heard may rest for long. */
const HEARD_BEFORE_MS = 30_000;
/** Speech an arm's length away; -37 dB, well above a room. */
const SPEECH_LEVEL = 0.4;
/** A cough is shorter. */
const SPEECH_MS = 700;
/** A pause for breath does not take the sentence away again. */
const SPEECH_OVER_MS = 4_000;

/** Notices when not one sample comes from a microphone that is on. */
export class SilenceClock {
  private silentMs = 0;
  private isHeard = false;

  /** Whether it is silent, `elapsedMs` after the last samples. */
  take(samples: ArrayLike<number>, elapsedMs: number): boolean {
    if (isDigitalSilence(samples)) {
      this.silentMs += elapsedMs;
    } else {
      this.silentMs = 0;
      this.isHeard = true;
    }
    return this.silentMs >= (this.isHeard ? HEARD_BEFORE_MS : NEVER_HEARD_MS);
  }
}

/** Notices when somebody speaks; only while they are muted is that of interest. */
export class TalkClock {
  private speechMs = 0;
  private quietMs = 0;
  private isTalking = false;

  /** Whether somebody speaks, or just has, `elapsedMs` after the last samples. */
  take(samples: ArrayLike<number>, elapsedMs: number): boolean {
    if (levelOf(samples) >= SPEECH_LEVEL) {
      this.speechMs += elapsedMs;
      this.quietMs = 0;
    } else {
      // Syllables have gaps.
      this.speechMs = Math.max(0, this.speechMs - elapsedMs / 2);
      this.quietMs += elapsedMs;
    }
    if (this.speechMs >= SPEECH_MS) this.isTalking = true;
    if (this.quietMs >= SPEECH_OVER_MS) this.isTalking = false;
    return this.isTalking;
  }
}

function isDigitalSilence(samples: ArrayLike<number>): boolean {
  for (let index = 0; index < samples.length; index++) {
    if (Math.abs(samples[index] ?? 0) >= ONE_STEP) return false;
  }
  return true;
}

/** Hears how long a caller waits: from their last sound to the bot's first, where both are at home. */

/** -50 and -40 dBFS, the marks of `bench/sound.py`: a voice ends softer than one begins. */
const CALLER_LOUD = 10 ** (-50 / 20);
const BOT_LOUD = 10 ** (-40 / 20);
/** Less is a pause within a reply. */
const QUIET_SECS = 0.2;
/** No way there and back is longer. */
const LONGEST_WAY_SECS = 1;
const MAX_KEPT = 50;

type Samples = Float32Array;

const firstLoud = (samples: Samples, loud: number) =>
  samples.findIndex((sample) => Math.abs(sample) > loud);

/** The index of the last loud sample before `end`, or -1. */
function lastLoud(samples: Samples, loud: number, end = samples.length): number {
  let index = end - 1;
  while (index >= 0 && Math.abs(samples[index] ?? 0) <= loud) index--;
  return index;
}

export class WaitEar {
  private callerSecs = NaN;
  private botSecs = NaN;
  private endSecs = NaN;
  private waits: number[] = [];

  /** Takes the newest sound of both sides, which ends at `endSecs`; what was taken before may be in it. */
  take(caller: Samples, bot: Samples, endSecs: number, rateHz: number): void {
    const secsAt = (samples: Samples, index: number) => endSecs - (samples.length - index) / rateHz;
    if (!(secsAt(bot, 0) <= this.endSecs)) this.missed(endSecs);
    this.endSecs = endSecs;
    const onset = firstLoud(bot, BOT_LOUD);
    if (onset >= 0) {
      const onsetSecs = secsAt(bot, onset);
      const before = lastLoud(caller, CALLER_LOUD, caller.length - (bot.length - onset));
      if (before >= 0) this.callerSecs = secsAt(caller, before);
      if (onsetSecs - this.botSecs > QUIET_SECS) this.waits.push(onsetSecs - this.callerSecs);
      this.waits.splice(0, this.waits.length - MAX_KEPT);
      this.botSecs = secsAt(bot, lastLoud(bot, BOT_LOUD));
    }
    const last = lastLoud(caller, CALLER_LOUD);
    if (last >= 0) this.callerSecs = secsAt(caller, last);
  }

  /**
   * How long the reply that has been told was waited for, of which the bot says that it took
   * `botSecs` on its side. Undefined where that was not heard: in a noisy room the caller's last
   * sound is none of theirs, and what is then found is shorter than what the bot knows of.
   */
  waitFor(botSecs: number | undefined): number | undefined {
    const { waits } = this;
    this.waits = [];
    if (botSecs === undefined) return undefined;
    return waits.find((secs) => secs >= botSecs && secs <= botSecs + LONGEST_WAY_SECS);
  }

  /** Nobody listened for a while: what sounds now may have begun long ago. */
  private missed(endSecs: number): void {
    this.callerSecs = NaN;
    this.botSecs = endSecs;
  }
}

/** Hears how long a caller waits: from their last sound to the bot's first, where both are at home. */

/** -50 and -40 dBFS, the marks of `bench/sound.py`: a voice ends softer than one begins. */
const CALLER_LOUD = 10 ** (-50 / 20);
const BOT_LOUD = 10 ** (-40 / 20);
/** Less is a pause within a reply. */
const QUIET_SECS = 0.2;
/** No way there and back is longer. */
const LONGEST_WAY_SECS = 1;
const MAX_KEPT = 50;

export class WaitEar {
  private callerSecs = NaN;
  private botSecs = NaN;
  private endSecs = NaN;
  private waits: number[] = [];

  /** Takes as much sound of both sides, up to `endSecs`; what was taken before may be in it. */
  take(caller: Float32Array, bot: Float32Array, endSecs: number, rateHz: number): void {
    const fresh = Math.ceil((endSecs - this.endSecs) * rateHz);
    this.endSecs = endSecs;
    if (!(fresh <= bot.length)) return this.missed(endSecs);
    for (let index = bot.length - fresh; index < bot.length; index++) {
      const secs = endSecs - (bot.length - index) / rateHz;
      if (Math.abs(caller[index] ?? 0) > CALLER_LOUD) this.callerSecs = secs;
      if (Math.abs(bot[index] ?? 0) <= BOT_LOUD) continue;
      if (secs - this.botSecs > QUIET_SECS) this.waits.push(secs - this.callerSecs);
      this.botSecs = secs;
    }
    this.waits.splice(0, this.waits.length - MAX_KEPT);
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

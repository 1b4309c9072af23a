/**
 * When something happened in a conversation, by the reader's clock: that one is looked at as a call
 * begins and as it is come back to, and from there counted. A clock that is set anew in the middle
 * would put later lines before earlier ones, and let a tool run for hours.
 */
export class CallClock {
  private readonly startMs = () => Date.now() - performance.now();
  private aheadMs = this.startMs();
  private lastMs = 0;

  /** Takes the time of the computer, but never back to before what was told already. */
  set(): void {
    this.aheadMs = Math.max(this.startMs(), this.lastMs - performance.now());
  }

  /** Nothing stands any more that it was told for: what was wrong then is not to be kept up. */
  forget(): void {
    this.lastMs = 0;
    this.set();
  }

  now(): number {
    this.lastMs = Math.max(this.lastMs, Math.round(this.aheadMs + performance.now()));
    return this.lastMs;
  }
}

/** One for the page: the words of a call may stand while the next one goes on with it. */
export const callClock = new CallClock();

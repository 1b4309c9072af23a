/** How long a call has been. The computer's clock may be set anew meanwhile, and the computer sleep. */

/**
 * A page that nobody sees is woken once a minute (Chrome); what has not run for longer slept, and
 * nobody knows whether the call outlived that before the server says so.
 */
const LONGEST_STEP_MS = 90_000;

/** Counted while the page is in it; what it has missed, the server tells on the way back. */
export class CallLength {
  private ms: number | undefined;
  private lastMs = 0;

  /** Undefined where nobody has told how long it had been when this page came into it. */
  get secs(): number | undefined {
    return this.ms === undefined ? undefined : Math.round(this.ms / 1000);
  }

  /** A new call. */
  begin(): void {
    this.ms = 0;
  }

  /** By the server's clock. What this page has seen of it is not taken back. */
  told(secs: number | undefined): void {
    if (secs !== undefined) this.ms = Math.max(secs * 1000, this.ms ?? 0);
  }

  /** From now on it is counted, with every look. */
  goOn(): void {
    this.lastMs = performance.now();
  }

  look(): void {
    const stepMs = performance.now() - this.lastMs;
    this.goOn();
    if (this.ms !== undefined && stepMs <= LONGEST_STEP_MS) this.ms += stepMs;
  }
}

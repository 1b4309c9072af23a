/** Lets words stand until they can be read, and keeps back what is over before that. */

/** Shorter than this a word is seen to flicker, not read. */
const LEAST_SHOW_MS = 400;

type Timer = ReturnType<typeof setTimeout>;

/** One place for words. What is wanted there last is shown there in the end. */
export class CalmWords {
  private shown = "";
  private wanted = "";
  private hold: Timer | undefined;
  private patience: Timer | undefined;

  constructor(private readonly show: (words: string) => void) {}

  /** Nothing is shown at once; so is the first word after nothing, unless it has to wait. */
  want(words: string, afterMs = 0): void {
    if (words === this.wanted) return;
    this.wanted = words;
    clearTimeout(this.patience);
    this.patience = undefined;
    if (words === "") this.letGo();
    if (afterMs > 0) {
      this.patience = setTimeout(() => {
        this.patience = undefined;
        this.settle();
      }, afterMs);
    }
    this.settle();
  }

  stop(): void {
    clearTimeout(this.patience);
    this.letGo();
  }

  private letGo(): void {
    clearTimeout(this.hold);
    this.hold = undefined;
  }

  private settle(): void {
    const mustWait = this.hold !== undefined || this.patience !== undefined;
    if (mustWait || this.shown === this.wanted) return;
    this.shown = this.wanted;
    this.show(this.shown);
    if (this.shown === "") return;
    this.hold = setTimeout(() => {
      this.hold = undefined;
      this.settle();
    }, LEAST_SHOW_MS);
  }
}

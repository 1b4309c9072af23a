/** Lets words stand until they can be read, and keeps back what is over before that. */

/** Shorter than this a word is seen to flicker, not read. */
const LEAST_SHOW_MS = 400;

type Timer = ReturnType<typeof setTimeout>;

/** Words, and what they are to those who read or hear them. */
export interface Words {
  words: string;
  /** The to and fro of the talk itself, which screen readers are not told. */
  isRoutine?: true;
  /** Often over before it can be read: it is shown only if it lasts so long. */
  afterMs?: number;
  /** Worth knowing once, and still so when the talk has begun: it is not passed over. */
  isLasting?: true;
}

const NOTHING: Words = { words: "" };

/** One place for words. What is wanted there last is shown there in the end. */
export class CalmWords {
  private shown = NOTHING;
  private wanted = NOTHING;
  /** Passed before it could be shown, and is shown first all the same. */
  private owed: Words | undefined;
  private hold: Timer | undefined;
  private patience: Timer | undefined;

  constructor(private readonly show: (words: Words) => void) {}

  /** Nothing is shown at once; so is the first word after nothing, unless it has to wait. */
  want(wanted: Words): void {
    const { words, afterMs = 0 } = wanted;
    if (words === this.wanted.words) return;
    this.owed = this.owedBefore(wanted);
    this.wanted = wanted;
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

  private owedBefore(next: Words): Words | undefined {
    if (!next.isRoutine) return undefined;
    const before = this.owed ?? this.wanted;
    return before.isLasting && before.words !== this.shown.words ? before : undefined;
  }

  private settle(): void {
    if (this.hold !== undefined) return;
    const next = this.owed ?? (this.patience === undefined ? this.wanted : this.shown);
    this.owed = undefined;
    if (next.words === this.shown.words) return;
    this.shown = next;
    this.show(next);
    if (next.words === "") return;
    this.hold = setTimeout(() => {
      this.hold = undefined;
      this.settle();
    }, LEAST_SHOW_MS);
  }
}

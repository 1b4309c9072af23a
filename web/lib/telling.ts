/** What a screen reader is told of the conversation. */

import type { Side } from "@/lib/captions";
import { shownText } from "@/lib/question";
import type { Entry } from "@/lib/transcript";

/** A whole utterance, as it was when it was told. */
export interface Told {
  id: string;
  side: Side;
  text: string;
}

/** What comes back with a call is not read from its beginning. */
const MOST_AT_ONCE = 3;

/**
 * Tells each utterance once, when it is whole. A growing one would be read again with each word, and
 * so would one that becomes longer, or is the newest once more as the one after it is withdrawn.
 */
export class Telling {
  private readonly told = new Set<string>();
  private isReading = false;

  constructor(private readonly tell: (told: readonly Told[]) => void) {}

  look(entries: readonly Entry[], mayRead: boolean): void {
    if (entries.length === 0 && this.told.size > 0) {
      this.told.clear();
      this.tell([]);
    }
    // Switched on in the middle, it begins with the last.
    const most = this.isReading ? MOST_AT_ONCE : 1;
    this.isReading = mayRead;
    const fresh = mayRead ? entries.flatMap((entry) => this.wholeOf(entry)) : [];
    if (fresh.length === 0) return;
    for (const { id } of fresh) this.told.add(id);
    this.tell(fresh.slice(-most));
  }

  private wholeOf(entry: Entry): Told[] {
    if (entry.kind !== "caption" || this.told.has(entry.caption.id)) return [];
    const { id, side, status } = entry.caption;
    const text = shownText(entry.caption);
    return status === "open" || text === "" ? [] : [{ id, side, text }];
  }
}

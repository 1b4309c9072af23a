import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { CalmWords, type Words } from "@/lib/calmWords";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Words that are wanted at a time, in ms: [at, words, shown only after, or what they are]. */
type Wish = [atMs: number, words: string, afterMs?: number, what?: Omit<Words, "words">];

const LASTS = { isLasting: true } as const;
const ROUTINE = { isRoutine: true } as const;

/** What was shown, and since when. */
function shownFor(wishes: Wish[]): [atMs: number, words: string][] {
  const beginMs = Date.now();
  const shown: [number, string][] = [];
  const calm = new CalmWords(({ words }) => shown.push([Date.now() - beginMs, words]));
  for (const [atMs, words, afterMs = 0, what] of wishes) {
    vi.advanceTimersByTime(atMs - (Date.now() - beginMs));
    calm.want({ words, afterMs, ...what });
  }
  vi.runAllTimers();
  calm.stop();
  return shown;
}

it.each<[string, Wish[], [number, string][]]>([
  ["the first word is there at once", [[0, "a"]], [[0, "a"]]],
  [
    "a word stands for 400 ms",
    [
      [0, "a"],
      [96, "b"],
    ],
    [
      [0, "a"],
      [400, "b"],
    ],
  ],
  [
    "after that the next one is there at once",
    [
      [0, "a"],
      [500, "b"],
    ],
    [
      [0, "a"],
      [500, "b"],
    ],
  ],
  [
    "what has passed meanwhile is not made up for",
    [
      [0, "a"],
      [50, "b"],
      [120, "c"],
    ],
    [
      [0, "a"],
      [400, "c"],
    ],
  ],
  [
    "what is wanted again has never gone",
    [
      [0, "a"],
      [50, "b"],
      [120, "a"],
    ],
    [[0, "a"]],
  ],
  [
    "a word that waits is not shown if it passes before",
    [
      [0, "a"],
      [1000, "late", 300],
      [1232, "b"],
    ],
    [
      [0, "a"],
      [1232, "b"],
    ],
  ],
  [
    "a word that waits is shown once it has lasted",
    [
      [0, "a"],
      [1000, "late", 300],
    ],
    [
      [0, "a"],
      [1300, "late"],
    ],
  ],
  [
    "it waits for the word before it as well",
    [
      [0, "a"],
      [20, "late", 300],
    ],
    [
      [0, "a"],
      [400, "late"],
    ],
  ],
  [
    "no words are nothing to read",
    [
      [0, "a"],
      [100, ""],
      [150, "b"],
    ],
    [
      [0, "a"],
      [100, ""],
      [150, "b"],
    ],
  ],
  [
    "what lasts is not passed over for the routine that came so soon",
    [
      [0, "ask"],
      [50, "go ahead", 0, LASTS],
      [120, "listening", 0, ROUTINE],
      [300, "thinking", 300, ROUTINE],
    ],
    [
      [0, "ask"],
      [400, "go ahead"],
      [800, "thinking"],
    ],
  ],
  [
    "what lasts is told once",
    [
      [0, "go ahead", 0, LASTS],
      [50, "listening", 0, ROUTINE],
      [900, "thinking", 0, ROUTINE],
    ],
    [
      [0, "go ahead"],
      [400, "listening"],
      [900, "thinking"],
    ],
  ],
  [
    "news makes it untrue, and so does the end",
    [
      [0, "ask"],
      [50, "go ahead", 0, LASTS],
      [100, "muted"],
      [150, "listening", 0, ROUTINE],
      [1000, "ask"],
      [1050, "go ahead", 0, LASTS],
      [1100, ""],
    ],
    [
      [0, "ask"],
      [400, "listening"],
      [1000, "ask"],
      [1100, ""],
    ],
  ],
])("%s", (_, wishes, shown) => {
  expect(shownFor(wishes)).toEqual(shown);
});

it("shows nothing any more once it is stopped", () => {
  const shown: string[] = [];
  const calm = new CalmWords(({ words }) => shown.push(words));
  calm.want({ words: "a" });
  calm.want({ words: "b" });
  calm.stop();
  vi.runAllTimers();
  expect(shown).toEqual(["a"]);
  expect(vi.getTimerCount()).toBe(0);
});

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { CalmWords } from "@/lib/calmWords";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Words that are wanted at a time, in ms: [at, words, shown only after]. */
type Wish = [atMs: number, words: string, afterMs?: number];

/** What was shown, and since when. */
function shownFor(wishes: Wish[]): [atMs: number, words: string][] {
  const beginMs = Date.now();
  const shown: [number, string][] = [];
  const calm = new CalmWords((words) => shown.push([Date.now() - beginMs, words]));
  for (const [atMs, words, afterMs] of wishes) {
    vi.advanceTimersByTime(atMs - (Date.now() - beginMs));
    calm.want(words, afterMs);
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
])("%s", (_, wishes, shown) => {
  expect(shownFor(wishes)).toEqual(shown);
});

it("shows nothing any more once it is stopped", () => {
  const shown: string[] = [];
  const calm = new CalmWords((words) => shown.push(words));
  calm.want("a");
  calm.want("b");
  calm.stop();
  vi.runAllTimers();
  expect(shown).toEqual(["a"]);
  expect(vi.getTimerCount()).toBe(0);
});

import { describe, expect, it, vi } from "vitest";

import type { Caption } from "@/lib/captions";
import { Telling, type Told } from "@/lib/telling";
import type { Entry } from "@/lib/transcript";

const caption = (id: string, more: Partial<Caption> = {}): Entry => ({
  kind: "caption",
  caption: { id, side: "bot", text: `${id}.`, status: "final", streamNumber: 1, ...more },
});

/** What is told at each look. */
function tellings(...looks: { entries: Entry[]; mayRead?: boolean }[]): string[][] {
  const tell = vi.fn<(told: readonly Told[]) => void>();
  const telling = new Telling(tell);
  telling.look([], true);
  for (const { entries, mayRead = true } of looks) telling.look(entries, mayRead);
  return tell.mock.calls.map(([told]) => told.map(({ text }) => text));
}

describe("what is told of the conversation", () => {
  it.each<[string, Entry[][], string[][]]>([
    [
      "grows",
      [[caption("a", { status: "open", text: "H" })], [caption("a")], [caption("a")]],
      [["a."]],
    ],
    [
      "becomes longer when it was whole",
      [[caption("a")], [caption("a", { text: "a, b." })]],
      [["a."]],
    ],
    [
      "is cut after it was told",
      [[caption("a")], [caption("a", { status: "interrupted" })]],
      [["a."]],
    ],
    [
      "is the newest once more, as the next is withdrawn",
      [[caption("a")], [caption("a"), caption("b")], [caption("a"), caption("b", { text: "" })]],
      [["a."], ["b."]],
    ],
    [
      "is whole only after the next",
      [
        [caption("a", { status: "open" }), caption("b")],
        [caption("a"), caption("b")],
      ],
      [["b."], ["a."]],
    ],
    ["becomes whole together with the next", [[caption("a"), caption("b")]], [["a.", "b."]]],
    [
      "comes back with its call, among many",
      [["a", "b", "c", "d", "e"].map((id) => caption(id))],
      [["c.", "d.", "e."]],
    ],
  ])("is told once: an utterance that %s", (_what, looks, told) => {
    expect(tellings(...looks.map((entries) => ({ entries })))).toEqual(told);
  });

  it("begins with the last one where it is switched on in the middle", () => {
    const entries = [caption("a"), caption("b")];
    const told = tellings(
      { entries, mayRead: false },
      { entries },
      { entries: [...entries, caption("c")] },
    );
    expect(told).toEqual([["b."], ["c."]]);
  });

  it("forgets a call with its words", () => {
    const entries = [caption("a")];
    expect(tellings({ entries }, { entries: [] }, { entries })).toEqual([["a."], [], ["a."]]);
  });
});

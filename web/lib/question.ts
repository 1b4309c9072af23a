/** A question that is shown and spoken stands once: what is spoken of it is left out of the words. */

import type { Caption } from "@/lib/captions";

const LETTER = /[\p{L}\p{N}]/u;

/** The words of a caption without the question that stands beside them. */
export function shownText(caption: Caption): string {
  const { text, question, status } = caption;
  if (question === undefined) return text.trim();
  // A question that is still being spoken, or was cut, has its beginning only.
  return without(text, question, status !== "final").trim();
}

function without(text: string, question: string, mayBeBegun: boolean): string {
  const [said, asked] = [lettersOf(text), lettersOf(question)];
  if (asked.letters === "") return text;
  const start = said.letters.indexOf(asked.letters);
  if (start >= 0) return cut(text, said.places, start, start + asked.letters.length);
  const length = mayBeBegun ? begunLength(said.letters, asked.letters, text, said.places) : 0;
  const end = said.letters.length;
  return length > 0 ? cut(text, said.places, end - length, end) : text;
}

/** How many letters at the end of what was said are the beginning of what is asked. */
function begunLength(said: string, asked: string, text: string, places: number[]): number {
  for (let length = Math.min(said.length, asked.length); length > 0; length--) {
    if (!said.endsWith(asked.slice(0, length))) continue;
    const first = places[said.length - length] ?? 0;
    if (first === 0 || !LETTER.test(text.charAt(first - 1))) return length;
  }
  return 0;
}

/** Letters and digits alone, in one case, and where each stands: voices and texts differ in marks. */
function lettersOf(text: string): { letters: string; places: number[] } {
  let letters = "";
  const places: number[] = [];
  for (let place = 0; place < text.length; place++) {
    const letter = text.charAt(place);
    const small = letter.toLowerCase();
    if (!LETTER.test(letter) || small.length !== 1) continue;
    letters += small;
    places.push(place);
  }
  return { letters, places };
}

function cut(text: string, places: number[], from: number, to: number): string {
  const before = text.slice(0, places[from]);
  // The marks that close it go with it.
  const after = to < places.length ? text.slice(places[to]) : "";
  return `${before}${after}`;
}

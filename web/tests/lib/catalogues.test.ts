import { describe, expect, it } from "vitest";

import { BROKEN } from "@/lib/broken";
import { de } from "@/lib/catalogues/de";
import { en, type Texts } from "@/lib/catalogues/en";
import { es } from "@/lib/catalogues/es";
import { fr } from "@/lib/catalogues/fr";
import { ja } from "@/lib/catalogues/ja";
import { LANGUAGES } from "@/lib/formats";

const OTHERS: readonly Texts[] = [de, fr, es, ja];

/** Words that both languages share. */
const SAME_AS_ENGLISH: Readonly<Record<string, readonly string[]>> = {
  de: [
    "actions.dismiss",
    "check.names.browser",
    "check.names.server",
    "record.textSizes.normal",
    "wait.secs",
  ],
  fr: ["actions.dismiss", "keys.caps.control", "labels.conversation", "wait.secs"],
  es: ["answers.no", "keys.caps.control", "record.textSizes.normal", "wait.secs"],
  ja: ["keys.caps.control", "keys.caps.shift"],
};

const FIRST = "‹one›";
const SECOND = "‹two›";

/** Each text by its path; what a sentence is filled with is told apart from its words. */
function textsOf(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return [[path, String(value(FIRST, SECOND))]];
  return Object.entries(value as object).flatMap(([name, inner]) =>
    textsOf(inner, path === "" ? name : `${path}.${name}`),
  );
}

/** What is left of a template, typewriter marks, and spaces that nobody meant. */
const UNTIDY = /[{}$<>"'`]|undefined|NaN|\.\.\.|^\s|\s$| {2}/;

function endOf(text: string): string {
  const mark = /[.。!！?？…]$/u.exec(text)?.[0] ?? "";
  return mark.replace(/[。!！]/u, ".").replace("？", "?");
}

const english = new Map(textsOf({ ...en, broken: BROKEN.en }));

describe.each(OTHERS)("the catalogue $language", (texts) => {
  const { language } = texts;
  const own = textsOf({ ...texts, broken: BROKEN[language] });

  it("has the texts that English has", () => {
    expect(own.map(([path]) => path).sort()).toEqual([...english.keys()].sort());
    expect(LANGUAGES).toContain(language);
  });

  it("is not English by accident", () => {
    const same = own.filter(([path, text]) => english.get(path) === text).map(([path]) => path);
    expect(same.sort()).toEqual(SAME_AS_ENGLISH[language]);
  });

  it("says the same things, filled with the same, and whole", () => {
    const wrong = own.filter(([path, text]) => {
      const first = english.get(path) ?? "";
      const isFilledAlike = [FIRST, SECOND].every(
        (one) => text.includes(one) === first.includes(one),
      );
      return !isFilledAlike || UNTIDY.test(text) || text === "";
    });
    expect(wrong).toEqual([]);
  });

  it("ends a sentence where English ends one", () => {
    const wrong = own.filter(([path, text]) => endOf(text) !== endOf(english.get(path) ?? ""));
    expect(wrong).toEqual([]);
  });
});

describe("plurals", () => {
  it.each([
    [en, 1, "1 new line"],
    [en, 2, "2 new lines"],
    [de, 1, "1 neue Zeile"],
    [de, 2, "2 neue Zeilen"],
    // French says "one" of none as well.
    [fr, 0, "0 nouvelle ligne"],
    [fr, 1, "1 nouvelle ligne"],
    [fr, 2, "2 nouvelles lignes"],
    [es, 1, "1 línea nueva"],
    [es, 21, "21 líneas nuevas"],
    [ja, 1, "新しい発言 1 件"],
    [ja, 2, "新しい発言 2 件"],
  ])("$language counts %i", (texts, count, words) => {
    expect(texts.record.unseen(count)).toBe(words);
  });

  it.each([en, ...OTHERS])("tells the next in line apart in $language", ({ queue }) => {
    expect(queue(1)).not.toContain("1");
    expect(queue(12)).toContain("12");
  });

  it.each([en, de, fr, es])("waits a second and seconds in $language", ({ tryAgain }) => {
    expect(tryAgain.inSecs(20)).toContain("20");
    expect(tryAgain.inSecs(1)).not.toBe(tryAgain.inSecs(20).replace("20", "1"));
  });
});

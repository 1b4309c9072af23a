import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

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

/** All code of the page that may show a text. */
function code(): string {
  const root = join(import.meta.dirname, "../..");
  const isCode = (name: string) => /\.tsx?$/.test(name) && !/catalogues|broken/.test(name);
  return ["app", "components", "hooks", "lib"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter(isCode)
        .map((name) => readFileSync(join(root, folder, name), "utf8")),
    )
    .join("\n");
}

/** What a group is called where it is taken out of its place. */
const TAKEN_AS: readonly (readonly [RegExp, string])[] = [
  [/^tools\.\w+$/, "words"],
  [/^keys\.caps$/, "_"],
];

/** Those that no code asks for: by their group and name, by the group's variable, or taken out of it. */
function unshown(paths: readonly string[], source: string): string[] {
  return paths.filter((path) => {
    const place = path.lastIndexOf(".");
    const [group, leaf] = [path.slice(0, Math.max(place, 0)), path.slice(place + 1)];
    const taken = TAKEN_AS.find(([pattern]) => pattern.test(group))?.[1];
    const parent = taken ?? (group.split(".").at(-1) || "texts");
    const isNamed = new RegExp(`\\b${parent}\\??\\.${leaf}\\b`).test(source);
    const isIndexed = source.includes(`${parent}[`) && new RegExp(`\\b${leaf}\\b`).test(source);
    const takers = place < 0 ? "(= ?(use)?[tT]exts|: Texts)" : `\\) =>`;
    const mayBeTaken = place < 0 || taken === "_";
    const isTaken = new RegExp(`{[^{}]*\\b${leaf}\\b[^{}]*} ?${takers}`).test(source);
    return !(isNamed || isIndexed || (mayBeTaken && isTaken));
  });
}

describe("the texts", () => {
  const paths = textsOf(en).map(([path]) => path);

  it("are all shown somewhere", () => expect(unshown(paths, code())).toEqual([]));

  it.each(["labels.messageNotSent", "tools.weather.almost", "keys.caps.alt", "farewell"])(
    "would be missed if none showed %s",
    (path) => expect(unshown([path], code())).toEqual([path]),
  );
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

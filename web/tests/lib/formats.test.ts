import { afterEach, describe, expect, it, vi } from "vitest";

import { dayIn, exactTimeIn, numberIn, pluralIn, timeIn } from "@/lib/formats";

const THURSDAY = new Date(2026, 9, 8, 15, 4, 5);

function withLanguages(...languages: string[]) {
  vi.spyOn(navigator, "languages", "get").mockReturnValue(languages);
}

afterEach(() => vi.restoreAllMocks());

describe("formats", () => {
  it.each([
    ["en", "0.6", "Thursday, October 8", "03:04 PM"],
    ["de", "0,6", "Donnerstag, 8. Oktober", "15:04"],
    ["fr", "0,6", "jeudi 8 octobre", "15:04"],
    ["es", "0,6", "jueves, 8 de octubre", "15:04"],
    ["ja", "0.6", "10月8日木曜日", "15:04"],
  ] as const)("writes numbers, days and times as they are read in %s", (language, ...shown) => {
    withLanguages("nl");
    const ms = THURSDAY.getTime();
    const told = [numberIn(language, 0.64, 1), dayIn(language, THURSDAY), timeIn(language, ms)];
    expect(told.map((text) => text.replaceAll("\u202f", " "))).toEqual(shown);
  });

  it("goes by the reader's own country", () => {
    withLanguages("de-CH", "en-GB", "en-US");
    expect(timeIn("en", THURSDAY.getTime())).toBe("15:04");
    expect(exactTimeIn("en", THURSDAY.getTime())).toBe("15:04:05");
    expect(numberIn("de", 0.5, 1)).toBe("0.5");
  });

  it("takes the form that stands for all others where a language has no own", () => {
    expect(pluralIn("fr", 1_000_000, { one: "une", other: "des" })).toBe("des");
    expect(pluralIn("ja", 1, { one: "one", other: "other" })).toBe("other");
  });
});

/** Numbers, times and plurals as the reader writes them. */

/** Those that the page speaks; `docs/page.md` says how one is added. */
export const LANGUAGES = ["en", "de", "fr", "es", "ja"] as const;

export type Language = (typeof LANGUAGES)[number];

/** Of the countries that speak it the reader's own, where the browser tells. */
function localeOf(language: Language): string {
  return navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
}

/** The form that goes with a count; "other" stands for those that a language does not tell apart. */
export function pluralIn(
  language: Language,
  count: number,
  forms: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string },
): string {
  return forms[new Intl.PluralRules(language).select(count)] ?? forms.other;
}

/** With so many digits after the point, or comma. */
export function numberIn(language: Language, value: number, digits = 0): string {
  const shown = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(localeOf(language), shown).format(value);
}

/** Such as "Thursday, October 8". */
export function dayIn(language: Language, date: Date): string {
  const shown = { weekday: "long", month: "long", day: "numeric" } as const;
  return date.toLocaleDateString(localeOf(language), shown);
}

/** As the reader's own clocks show it, to the minute. */
export function timeIn(language: Language, ms: number): string {
  const shown = { hour: "2-digit", minute: "2-digit" } as const;
  return new Date(ms).toLocaleTimeString(localeOf(language), shown);
}

/** To the second. */
export function exactTimeIn(language: Language, ms: number): string {
  return new Date(ms).toLocaleTimeString(localeOf(language));
}

/** Such as "4:05". */
export function minutesAndSecs(secs: number): string {
  return `${Math.floor(secs / 60)}:${String(secs % 60).padStart(2, "0")}`;
}

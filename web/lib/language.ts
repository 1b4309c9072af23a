/** The language that the page speaks, one at a time; only its own words are loaded. */

import type { Texts } from "@/lib/catalogues/en";
import { type Language, LANGUAGES } from "@/lib/formats";
import { installation } from "@/lib/installation";
import { rememberLanguage } from "@/lib/preferences";

const CATALOGUES: Readonly<Record<Language, () => Promise<Texts>>> = {
  en: async () => (await import("@/lib/catalogues/en")).en,
  de: async () => (await import("@/lib/catalogues/de")).de,
  fr: async () => (await import("@/lib/catalogues/fr")).fr,
  es: async () => (await import("@/lib/catalogues/es")).es,
  ja: async () => (await import("@/lib/catalogues/ja")).ja,
};

/** Each in its own words, so that everybody finds the own one. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: "English",
  de: "Deutsch",
  fr: "Français",
  es: "Español",
  ja: "日本語",
};

let spoken: Texts | undefined;
let wanted: Language;
const listeners = new Set<() => void>();

/** The reader's, as the script in the page's HTML has found it (`lib/firstWords.ts`). */
export function pageLanguage(): Language {
  const told = typeof document === "undefined" ? "en" : document.documentElement.lang;
  return languageOf(told) ?? "en";
}

/** Undefined for one that the page does not speak. */
export function languageOf(tag: string | undefined): Language | undefined {
  return LANGUAGES.find((language) => language === tag);
}

/** Speaks it from when its words are there. What is asked for last counts; what cannot be loaded rejects. */
export async function speak(language: Language): Promise<void> {
  wanted = language;
  const texts = await CATALOGUES[language]();
  if (wanted !== language) return;
  spoken = withHeadline(texts);
  if (typeof document !== "undefined") document.documentElement.lang = language;
  for (const listener of listeners) listener();
}

function withHeadline(texts: Texts): Texts {
  const { headline } = installation;
  return headline ? { ...texts, page: { ...texts.page, headline } } : texts;
}

/** The words to show now. Nothing that has words is shown before they are loaded. */
export function textsNow(): Texts {
  if (!spoken) throw new Error("No language is loaded.");
  return spoken;
}

/** Called whenever another language is spoken; returns the way to stop that. */
export function onLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Speaks it from now on, here and in the next visit; what cannot be loaded changes nothing. */
export async function chooseLanguage(language: Language): Promise<void> {
  try {
    await speak(language);
  } catch {
    wanted = textsNow().language;
    return;
  }
  if (wanted === language) rememberLanguage(language);
}

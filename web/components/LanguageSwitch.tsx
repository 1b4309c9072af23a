import { useEffect, useRef } from "react";

import { useTexts } from "@/hooks/useTexts";
import { LANGUAGES } from "@/lib/formats";
import { chooseLanguage, LANGUAGE_NAMES, languageOf, textsNow } from "@/lib/language";

/** The language of the page; each is named in its own words. */
export function LanguageSwitch() {
  const { language, labels } = useTexts();
  const select = useRef<HTMLSelectElement>(null);

  useEffect(() => {
    // Before the page was alive nobody heard of a choice.
    const chosen = languageOf(select.current?.value);
    if (chosen && chosen !== textsNow().language) void chooseLanguage(chosen);
  }, []);

  return (
    <select
      ref={select}
      data-languages
      aria-label={labels.language}
      title={labels.language}
      value={language}
      // Else some browsers put an older choice back.
      autoComplete="off"
      onChange={({ target }) => void chooseLanguage(languageOf(target.value) ?? language)}
      // As wide as the one that is chosen: to measure them all takes the fonts of other scripts.
      className="field-sizing-content h-11 max-w-28 cursor-pointer appearance-none rounded-full bg-transparent px-2 text-right text-sm text-ink-soft transition hover:text-ink"
    >
      {LANGUAGES.map((one) => (
        <option key={one} value={one} lang={one} className="bg-paper text-ink">
          {LANGUAGE_NAMES[one]}
        </option>
      ))}
    </select>
  );
}

/**
 * The HTML is one for all readers, written in English and with our own name. Two short scripts in it
 * find the reader's language and put its words in place, and the name of this installation, before
 * anything is painted. What comes alive there later says the same words, so nothing changes under the
 * reader's eyes.
 */

import { de } from "@/lib/catalogues/de";
import { en, type Texts } from "@/lib/catalogues/en";
import { es } from "@/lib/catalogues/es";
import { fr } from "@/lib/catalogues/fr";
import { ja } from "@/lib/catalogues/ja";
import { LANGUAGES } from "@/lib/formats";
import { FACTS_ID, OWN_NAME } from "@/lib/installation";
import { LANGUAGE_KEY } from "@/lib/preferences";

const ALL = [en, de, fr, es, ja];

/** What was chosen on the page goes before what the browser asks for. Storage may throw. */
export const LANGUAGE_SCRIPT = `(() => {
  let chosen;
  try {
    chosen = localStorage.getItem("${LANGUAGE_KEY}");
  } catch {}
  const known = ${JSON.stringify(LANGUAGES)};
  const wanted = [chosen, ...navigator.languages].map((tag) => String(tag).toLowerCase().split("-")[0]);
  document.documentElement.lang = wanted.find((one) => known.includes(one)) ?? "en";
})();`;

/** Every text of the page before the first call. */
export const firstView = ({ page, actions, labels }: Texts) => [
  page.headline,
  page.invitation(OWN_NAME),
  page.examples,
  page.privacy,
  actions.start,
  labels.language,
];

/** Exchanges whole texts and names, and shows in the choice of languages which one it is. */
export function firstWordsScript(of: (texts: Texts) => readonly string[]): string {
  const words = Object.fromEntries(ALL.map((texts) => [texts.language, of(texts)]));
  return `(() => {
  const words = ${JSON.stringify(words).replaceAll("<", "\\u003c")};
  const { lang } = document.documentElement;
  const own = JSON.parse(document.getElementById("${FACTS_ID}")?.textContent ?? "{}");
  const said = (text) => {
    if (own.headline && text === ${JSON.stringify(en.page.headline)}) return own.headline;
    const place = words.en.indexOf(text);
    if (place < 0 && text !== "${OWN_NAME}") return text;
    const word = words[lang]?.[place] ?? text;
    return own.name ? word.replaceAll("${OWN_NAME}", () => own.name) : word;
  };
  const nodes = document.createNodeIterator(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = nodes.nextNode()); ) node.data = said(node.data);
  for (const name of ["aria-label", "title"])
    for (const element of document.querySelectorAll("[" + name + "]"))
      element.setAttribute(name, said(element.getAttribute(name)));
  for (const choice of document.querySelectorAll("select[data-languages]")) choice.value = lang;
})();`;
}

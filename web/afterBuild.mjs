/** After the build: what makes the page come alive sooner, and what Next.js does not do by itself. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const OUT = new URL("out/", import.meta.url);
const NEXT = new URL("_next/", OUT);

const textOf = (url) => readFileSync(url, "utf-8");

/**
 * Has browsers compile the scripts while they load, and beside the page. V8 does so for what it is told
 * of (v8.dev/blog/explicit-compile-hints); otherwise it looks over a module first, and compiles it when
 * it runs, while nothing else can. To other browsers it is a comment.
 */
function compileAhead() {
  const chunks = new URL("static/chunks/", NEXT);
  for (const name of readdirSync(chunks)) {
    if (!name.endsWith(".js")) continue;
    const file = new URL(name, chunks);
    writeFileSync(file, "//# allFunctionsCalledOnLoad\n" + textOf(file));
  }
}

/** Where the build says which files a part has that is loaded later. */
const PART = /(\d+),\w+=>\{\w+\.v\(\w+=>Promise\.all\(\[([^\]]*)\]/g;
/** Where it says which of them are the words of a language (`lib/language.ts`). */
const WORDS = /\b(\w\w):async\(\)=>\(await \w+\.A\((\d+)\)\)/g;
const SCRIPT = /<script src="\/_next\/([^"]+)"/g;

/** Of one page: the files of what comes alive in it, and of each language. */
function partsOf(html) {
  const scripts = [...html.matchAll(SCRIPT)].map(([, path]) => textOf(new URL(path, NEXT)));
  // The page's own comes last; others are of what stands around all pages.
  const own = scripts.findLast((code) => code.search(PART) >= 0) ?? "";
  const filesOf = new Map();
  for (const [, id, files] of own.matchAll(PART)) {
    const scriptsOf = JSON.parse(`[${files}]`).filter((path) => path.endsWith(".js"));
    filesOf.set(id, scriptsOf);
  }
  const words = {};
  for (const [, language, id] of own.matchAll(WORDS)) {
    words[language] = filesOf.get(id);
    filesOf.delete(id);
  }
  return { view: [...filesOf.values()].flat(), words };
}

/**
 * Asks for what comes alive in the page as soon as the page is painted, beside what has to run before.
 * The build's own loader takes what it finds under way; what could not be had it asks for again.
 */
const loaderOf = ({ view, words }) => `(() => {
  const words = ${JSON.stringify(words)};
  const load = () => {
    for (const path of [...${JSON.stringify(view)}, ...(words[document.documentElement.lang] ?? [])]) {
      const src = "/_next/" + path;
      // A tab that was opened in the background is painted long after all of it has been loaded.
      if (document.querySelector('script[src="' + src + '"]')) continue;
      const script = document.createElement("script");
      script.src = src;
      script.onerror = () => script.remove();
      document.head.append(script);
    }
  };
  requestAnimationFrame(() => requestAnimationFrame(load));
})();`;

function loadEarly() {
  for (const name of readdirSync(OUT)) {
    if (!name.endsWith(".html")) continue;
    const file = new URL(name, OUT);
    const html = textOf(file);
    const parts = partsOf(html);
    if (parts.view.length > 0)
      writeFileSync(
        file,
        html.replace("</body>", () => `<script>${loaderOf(parts)}</script></body>`),
      );
    // Another version of Next.js may say it otherwise.
    if (name === "index.html" && (parts.view.length === 0 || !parts.words.en))
      throw new Error("The build does not say what the page loads.");
  }
}

compileAhead();
loadEarly();

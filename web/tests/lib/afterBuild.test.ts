import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInThisContext } from "node:vm";

import { afterEach, beforeEach, expect, it, vi } from "vitest";

let folder = "";

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "build-"))));
afterEach(() => {
  rmSync(folder, { recursive: true });
  document.head.replaceChildren();
});

/** As the build says it: two parts that come alive later, and the words of a language. */
const OWN = `
7,e=>{e.v(t=>Promise.all(["static/chunks/view.js","static/chunks/view.css"].map(t=>e.l(t))))},
8,e=>{e.v(t=>Promise.all(["static/chunks/more.js"].map(t=>e.l(t))))},
9,e=>{e.v(t=>Promise.all(["static/chunks/en.js"].map(t=>e.l(t))))},
{en:async()=>(await e.A(9))}`;

/** The script that is put into the page after the build. */
function earlyLoader(): string {
  copyFileSync("afterBuild.mjs", join(folder, "afterBuild.mjs"));
  const chunks = join(folder, "out/_next/static/chunks");
  mkdirSync(chunks, { recursive: true });
  writeFileSync(join(chunks, "own.js"), OWN);
  const page = join(folder, "out/index.html");
  writeFileSync(page, '<body><script src="/_next/static/chunks/own.js"></script></body>');
  execFileSync(process.execPath, [join(folder, "afterBuild.mjs")]);
  return /<script>([^]*)<\/script><\/body>/.exec(readFileSync(page, "utf-8"))?.[1] ?? "";
}

it.each([
  ["all of it once the page is painted", [], ["view", "more", "en"]],
  ["nothing twice, as in a tab that was long in the background", ["view", "en"], ["more"]],
])("asks early for %s", (_what, loaded, asked) => {
  const sources = () => [...document.scripts].map((script) => script.getAttribute("src"));
  const chunks = (names: string[]) => names.map((name) => `/_next/static/chunks/${name}.js`);
  for (const src of chunks(loaded))
    document.head.append(Object.assign(document.createElement("script"), { src }));
  document.documentElement.lang = "en";
  vi.stubGlobal("requestAnimationFrame", (paint: () => void) => paint());
  runInThisContext(earlyLoader());
  vi.unstubAllGlobals();
  expect(sources()).toEqual(chunks([...loaded, ...asked]));
});

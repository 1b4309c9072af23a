/**
 * After the build: has browsers compile the scripts while they load, and beside the page. V8 does so
 * for what it is told of (v8.dev/blog/explicit-compile-hints); otherwise it looks over a module first,
 * and compiles it when it runs, while nothing else can. To other browsers it is a comment.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const HINT = "//# allFunctionsCalledOnLoad\n";
const CHUNKS = new URL("out/_next/static/chunks/", import.meta.url);

for (const name of readdirSync(CHUNKS)) {
  if (!name.endsWith(".js")) continue;
  const file = new URL(name, CHUNKS);
  writeFileSync(file, HINT + readFileSync(file, "utf-8"));
}

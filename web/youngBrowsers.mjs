/**
 * What the oldest browsers of `browserslist` (package.json) do not have, by MDN's tables. The
 * language itself is held to by `lib` in tsconfig.json, and syntax by the build.
 */

const TOO_YOUNG = {
  AbortSignal: ["any"],
  Array: ["fromAsync"],
  Atomics: ["waitAsync"],
  Iterator: ["from", "concat"],
  Map: ["groupBy"],
  Object: ["groupBy"],
  Promise: ["withResolvers", "try"],
  RegExp: ["escape"],
  URL: ["canParse", "parse"],
};

/** Globals, and members of the browser's own objects, that some of them lack. */
const MISSING = [
  "CloseWatcher",
  "Iterator",
  "cancelIdleCallback",
  "cookieStore",
  "documentPictureInPicture",
  "navigation",
  "requestIdleCallback",
  "scheduler",
];
const MISSING_MEMBERS = [
  ["document", "startViewTransition"],
  ["navigator", "connection"],
  ["navigator", "userActivation"],
  ["navigator", "audioSession"],
];

const WHY = "is younger than a browser we support (browserslist in package.json).";

/** Rules of ESLint. A use that looks for it first says so, and disables the rule for its line. */
export const browserRules = {
  "no-restricted-properties": [
    "error",
    ...Object.entries(TOO_YOUNG).flatMap(([object, properties]) =>
      properties.map((property) => ({ object, property, message: `${property} ${WHY}` })),
    ),
    ...MISSING_MEMBERS.map(([object, property]) => ({ object, property, message: WHY })),
  ],
  "no-restricted-globals": [
    "error",
    ...MISSING.map((name) => ({ name, message: `${name} ${WHY}` })),
  ],
};

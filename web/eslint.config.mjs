import next from "eslint-config-next/core-web-vitals";
import nextTypescript from "eslint-config-next/typescript";

import { browserRules } from "./youngBrowsers.mjs";

const LIVEKIT = { group: ["livekit-client", "@livekit/*"], message: "LiveKit belongs in hooks/." };
const REACT = { group: ["react", "react-dom", "next/*"], message: "lib/ has no React." };

const config = [
  { ignores: [".next/", "out/", "next-env.d.ts"] },
  ...next,
  ...nextTypescript,
  {
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/ban-ts-comment": "error",
      "no-console": "error",
      "no-eval": "error",
      "import/order": [
        "error",
        {
          alphabetize: { order: "asc", caseInsensitive: true },
          groups: ["builtin", "external", "internal", "sibling"],
          pathGroups: [{ pattern: "@/**", group: "internal" }],
          "newlines-between": "always",
        },
      ],
    },
  },
  {
    files: ["lib/**", "hooks/**", "components/**", "app/**", "public/**"],
    rules: browserRules,
  },
  {
    files: ["lib/**"],
    rules: { "no-restricted-imports": ["error", { patterns: [REACT, LIVEKIT] }] },
  },
  {
    // Rendering LiveKit's own audio sink and context is the shell's business; nothing else in
    // components/ may know LiveKit.
    files: ["components/**"],
    ignores: ["components/Room.tsx"],
    rules: { "no-restricted-imports": ["error", { patterns: [LIVEKIT] }] },
  },
  {
    files: ["lib/**", "hooks/**", "components/**", "app/**"],
    // One list of sentences is one idea, however many there are.
    ignores: ["lib/catalogues/**"],
    rules: { "max-lines": ["error", 150] },
  },
];

export default config;

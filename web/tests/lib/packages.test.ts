import { readFileSync } from "node:fs";

import { expect } from "vitest";

import { promise } from "../promise";

type Versions = Record<string, string>;

promise("Page", "Every package of the page is pinned to one version.", () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync("package.json", "utf-8")) as {
    dependencies: Versions;
    devDependencies: Versions;
  };
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
  );
  expect(loose).toEqual([]);
});

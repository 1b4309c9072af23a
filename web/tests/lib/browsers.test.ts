import { Linter } from "eslint";
import { describe, expect, it } from "vitest";

import { browserRules } from "../../youngBrowsers.mjs";

/** What the linter says against one line of the page. */
const complaints = (code: string) => new Linter().verify(code, [{ rules: browserRules }]).length;

describe("what the oldest supported browsers do not have", () => {
  it.each([
    "AbortSignal.any([]);",
    "Promise.withResolvers();",
    "URL.canParse(String());",
    "Object.groupBy([], String);",
    "requestIdleCallback(String);",
    "document.startViewTransition(String);",
  ])("is refused: %s", (code) => {
    expect(complaints(code)).toBe(1);
  });

  it.each(["AbortSignal.timeout(1);", "structuredClone({});", "[].findLast(Boolean);"])(
    "is not %s",
    (code) => {
      expect(complaints(code)).toBe(0);
    },
  );
});

import axe from "axe-core";
import { beforeEach, expect, it, vi } from "vitest";

import { call, press, visit } from "./visit";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

beforeEach(() => localStorage.clear());

/** By the elements alone: colours and sizes are for the tests in a browser. */
async function faults(): Promise<string[]> {
  const rules = { "color-contrast": { enabled: false }, "target-size": { enabled: false } };
  const { violations } = await axe.run(document.body, { rules });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

it.each<[string, () => Promise<unknown>]>([
  ["welcome", async () => visit()],
  ["call", () => call()],
  [
    "settings",
    async () => {
      await call();
      await press("Type a message");
      await press("Sound and keys");
    },
  ],
])("keeps nobody out by its elements: %s", async (_state, open) => {
  await open();
  expect(await faults()).toEqual([]);
});

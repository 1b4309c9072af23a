import { test } from "vitest";

/** A test of what the page promises: `docs/promises.md` lists it by these words. */
export function promise(topic: "Page", words: string, body: () => void | Promise<void>): void {
  test(`${topic}: ${words}`, body);
}

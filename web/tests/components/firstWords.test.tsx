import type { ComponentType } from "react";
import { prerender } from "react-dom/static";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import CheckPage from "@/app/check/page";
import EmbedPage from "@/app/embed/page";
import MissingPage from "@/app/not-found";
import Page from "@/app/page";
import { Check } from "@/components/Check";
import { Conversation } from "@/components/Conversation";
import { Missing } from "@/components/Missing";
import { speak } from "@/lib/language";

const LANGUAGES = ["de", "fr", "es", "ja"] as const;
/** Only so that nothing hangs: loading React anew takes seconds on a busy machine. */
const LIMIT_MS = 25_000;

type Load = () => Promise<{ default: ComponentType }>;

const VIEWS: [string, ComponentType, ComponentType, Load][] = [
  ["start", Page, Conversation, () => import("@/app/page")],
  ["embed", EmbedPage, Conversation, () => import("@/app/embed/page")],
  ["check", CheckPage, Check, () => import("@/app/check/page")],
  ["404", MissingPage, Missing, () => import("@/app/not-found")],
];

async function htmlOf(View: ComponentType) {
  const { prelude } = await prerender(<View />);
  return new Response(prelude).text();
}

/** Without what is no word: marks of React's, scripts, and which language is shown as chosen. */
function shownIn(root: HTMLElement): string {
  const copy = root.cloneNode(true) as HTMLElement;
  copy.querySelectorAll("script").forEach((script) => script.remove());
  return copy.innerHTML
    .replaceAll(/<!--.*?-->|<template[^>]*><\/template>/g, "")
    .replaceAll(' selected=""', "");
}

/** The page as it comes, painted for a reader of this language. */
async function paint(View: ComponentType, language: string): Promise<HTMLElement> {
  await speak("en");
  const root = document.createElement("div");
  root.innerHTML = await htmlOf(View);
  document.body.replaceChildren(root);
  document.documentElement.lang = language;
  // jsdom runs a script element in a window that is not this one.
  for (const script of root.querySelectorAll("script")) new Function(script.text)();
  return root;
}

const errors = vi.fn();

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", false);
  vi.spyOn(console, "error").mockImplementation(errors);
  errors.mockClear();
});

afterEach(async () => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  document.body.replaceChildren();
  await speak("en");
});

describe.each(VIEWS)("the first words of the page %s", (_, PageView, View) => {
  it.each(LANGUAGES)("are all the reader's own, in %s", async (language) => {
    const painted = shownIn(await paint(PageView, language));
    await speak(language);
    const own = document.createElement("div");
    own.innerHTML = await htmlOf(View);
    expect(painted).toBe(shownIn(own));
  });
});

/** Hydrates what was painted by code that is loaded anew, as a browser loads it. */
async function comesAlive(root: HTMLElement, fresh: Load) {
  vi.resetModules();
  const { hydrateRoot } = await import("react-dom/client");
  const { default: FreshPage } = await fresh();
  window.parleyEarly = { button: null, stop: vi.fn() };
  const alive = hydrateRoot(root, <FreshPage />, { onRecoverableError: errors });
  await vi.waitFor(() => expect(window.parleyEarly).toBeUndefined(), LIMIT_MS);
  return alive;
}

// Stands last: from here on what is loaded is loaded anew.
describe.each(VIEWS)("what comes alive on the page %s", (_, PageView, __, fresh) => {
  it("says what has been painted", async () => {
    const root = await paint(PageView, "de");
    const painted = shownIn(root);
    const choice = root.querySelector("select");
    if (choice) expect(choice.value).toBe("de");
    const alive = await comesAlive(root, fresh);
    expect(shownIn(root)).toBe(painted);
    alive.unmount();
    expect(errors.mock.calls).toEqual([]);
  });
});

const FACTS = { name: "Ada $& Co", headline: "Ask us.", links: [], kept_days: 0 };

describe.each(VIEWS)(
  "where the operator has a name of their own, the page %s",
  (name, PageView, __, fresh) => {
    beforeEach(() => {
      document.head.innerHTML = `<script type="application/json" id="installation">${JSON.stringify(FACTS)}</script>`;
    });
    afterEach(() => document.head.replaceChildren());

    it.each(["en", "de"])("has it from the first sight, in %s", async (language) => {
      const root = await paint(PageView, language);
      const painted = shownIn(root);
      expect(painted).not.toContain("Parley");
      expect(painted.includes("Ask us.")).toBe(["start", "embed"].includes(name));
      const alive = await comesAlive(root, fresh);
      expect(shownIn(root)).toBe(painted);
      alive.unmount();
      expect(errors.mock.calls).toEqual([]);
    });
  },
);

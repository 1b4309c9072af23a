import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { LANGUAGE_SCRIPT } from "@/lib/firstWords";
import {
  chooseLanguage,
  LANGUAGE_NAMES,
  onLanguage,
  pageLanguage,
  speak,
  textsNow,
} from "@/lib/language";
import { LANGUAGE_KEY } from "@/lib/preferences";

const broken = vi.hoisted(() => ({ isBroken: false }));

vi.mock("@/lib/catalogues/ja", async (original) => {
  const real = await original<typeof import("@/lib/catalogues/ja")>();
  return {
    get ja() {
      if (broken.isBroken) throw new Error("no such chunk");
      return real.ja;
    },
  };
});

const html = document.documentElement;

function noStorage() {
  vi.spyOn(window, "localStorage", "get").mockImplementation(() => {
    throw new DOMException("", "SecurityError");
  });
}

function find(languages: readonly string[]): string {
  vi.spyOn(navigator, "languages", "get").mockReturnValue([...languages]);
  html.lang = "en";
  // jsdom runs a script element in a window that is not this one.
  new Function(LANGUAGE_SCRIPT)();
  return pageLanguage();
}

beforeEach(() => localStorage.clear());

afterEach(async () => {
  vi.restoreAllMocks();
  broken.isBroken = false;
  await speak("en");
});

describe("the reader's language", () => {
  it.each([
    [["de"], "de"],
    [["de-AT", "en"], "de"],
    [["FR-ca"], "fr"],
    [["nl", "es-MX", "en"], "es"],
    [["nl", "pl"], "en"],
    [["est", "ja_JP"], "en"],
    [["en-GB", "de"], "en"],
    [[], "en"],
  ])("of a browser that asks for %j is %s", (languages, language) => {
    expect(find(languages)).toBe(language);
  });

  it("is what was chosen on the page, before what the browser asks for", async () => {
    await chooseLanguage("fr");
    expect(find(["de"])).toBe("fr");
    expect(html.lang).toBe("fr");
  });

  it("is not what somebody else has put there", () => {
    localStorage.setItem(LANGUAGE_KEY, "<b>");
    expect(find(["de"])).toBe("de");
    html.lang = "xx";
    expect(pageLanguage()).toBe("en");
  });

  it("is found and spoken where the browser keeps nothing", async () => {
    noStorage();
    expect(find(["de"])).toBe("de");
    await chooseLanguage("es");
    expect(textsNow().language).toBe("es");
  });
});

describe("speaking it", () => {
  it.each(["de", "fr", "es", "ja", "en"] as const)("says so and loads %s", async (language) => {
    const told = vi.fn();
    const stop = onLanguage(told);
    await speak(language);
    stop();
    expect(textsNow().language).toBe(language);
    expect(html.lang).toBe(language);
    expect(told).toHaveBeenCalledTimes(1);
    await speak("en");
    expect(told).toHaveBeenCalledTimes(1);
    expect(LANGUAGE_NAMES[language]).not.toBe("");
  });

  it("is what was chosen last, whichever comes first", async () => {
    await Promise.all([chooseLanguage("de"), chooseLanguage("fr"), chooseLanguage("es")]);
    expect(textsNow().language).toBe("es");
    expect(localStorage.getItem(LANGUAGE_KEY)).toBe("es");
  });

  it("stays as it is where the words cannot be loaded", async () => {
    await chooseLanguage("de");
    broken.isBroken = true;
    await chooseLanguage("ja");
    expect(textsNow().language).toBe("de");
    expect(html.lang).toBe("de");
    expect(localStorage.getItem(LANGUAGE_KEY)).toBe("de");
  });
});

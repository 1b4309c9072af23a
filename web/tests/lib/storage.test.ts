import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { rememberChoice, rememberedChoice } from "@/lib/choices";
import { rememberedMicrophone, rememberedTextSize, rememberMicrophone } from "@/lib/preferences";
import { provideRandomUuid } from "@/lib/randomUuid";
import { forgetTicket, keepTicket, keptTicket, type KeptTicket } from "@/lib/ticket";

const TICKET: KeptTicket = {
  sessionId: "s1",
  ticket: "t1",
  isContinuable: true,
  microphone: "on",
  isElsewhere: false,
};

const refuse = () => {
  throw new DOMException("", "QuotaExceededError");
};

describe("what is remembered", () => {
  beforeEach(() => localStorage.clear());
  afterEach(() => {
    vi.restoreAllMocks();
    // What the browser keeps again is what it keeps.
    rememberMicrophone("");
  });

  it("is the microphone", () => {
    expect(rememberedMicrophone()).toBeUndefined();
    rememberMicrophone("one");
    expect(rememberedMicrophone()).toBe("one");
  });

  it.each(["getItem", "setItem"] as const)("is nothing where %s throws", (method) => {
    vi.spyOn(Storage.prototype, method).mockImplementation(refuse);
    expect(rememberedMicrophone()).toBeUndefined();
    expect(() => rememberMicrophone("one")).not.toThrow();
    // The page itself knows it all the same.
    expect(rememberedMicrophone()).toBe("one");
    vi.restoreAllMocks();
    rememberMicrophone("two");
    expect(localStorage.getItem("parley.microphone")).toBe("two");
  });

  it.each([
    ["the storage itself throws", refuse],
    ["there is no storage, as in the WebViews of Android's apps", () => null as never],
  ])("is nothing where %s", (_how, give) => {
    vi.spyOn(window, "localStorage", "get").mockImplementation(give);
    vi.spyOn(window, "sessionStorage", "get").mockImplementation(give);
    expect(rememberedMicrophone()).toBeUndefined();
    expect(rememberedTextSize()).toBe("normal");
    // The page itself knows all of it all the same, also the way back.
    rememberMicrophone("one");
    expect(rememberedMicrophone()).toBe("one");
    rememberChoice("times", true);
    expect(rememberedChoice("times")).toBe(true);
    rememberChoice("times", false);
    expect(rememberedChoice("times")).toBe(false);
    expect(keepTicket(TICKET)).toBe(false);
    expect(keptTicket()).toEqual(TICKET);
    forgetTicket();
    expect(keptTicket()).toBeUndefined();
  });
});

describe("a random UUID", () => {
  it("is there on an insecure page too, and of version 4", () => {
    vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
    provideRandomUuid();
    const made = Array.from({ length: 20 }, () => crypto.randomUUID());
    for (const uuid of made) {
      expect(uuid).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    }
    expect(new Set(made).size).toBe(20);
    vi.unstubAllGlobals();
  });
});

import { beforeEach, describe, expect, it, vi } from "vitest";

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

  it("is the microphone", () => {
    expect(rememberedMicrophone()).toBeUndefined();
    rememberMicrophone("one");
    expect(rememberedMicrophone()).toBe("one");
  });

  it.each(["getItem", "setItem"] as const)("is nothing where %s throws", (method) => {
    vi.spyOn(Storage.prototype, method).mockImplementation(refuse);
    expect(() => rememberMicrophone("one")).not.toThrow();
    expect(rememberedMicrophone()).toBeUndefined();
  });

  it.each([
    ["the storage itself throws", refuse],
    ["there is no storage, as in the WebViews of Android's apps", () => null as never],
  ])("is nothing where %s", (_how, give) => {
    vi.spyOn(window, "localStorage", "get").mockImplementation(give);
    vi.spyOn(window, "sessionStorage", "get").mockImplementation(give);
    expect(() => rememberMicrophone("one")).not.toThrow();
    expect(rememberedMicrophone()).toBeUndefined();
    expect(rememberedTextSize()).toBe("normal");
    expect(() => rememberChoice("times", true)).not.toThrow();
    expect(rememberedChoice("times")).toBe(false);
    expect(keepTicket(TICKET)).toBe(false);
    // The page itself knows the way back all the same.
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

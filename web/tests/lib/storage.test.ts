import { beforeEach, describe, expect, it, vi } from "vitest";

import { rememberedMicrophone, rememberMicrophone } from "@/lib/preferences";
import { provideRandomUuid } from "@/lib/randomUuid";

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

  it("is nothing where the storage itself throws", () => {
    vi.spyOn(window, "localStorage", "get").mockImplementation(refuse);
    expect(() => rememberMicrophone("one")).not.toThrow();
    expect(rememberedMicrophone()).toBeUndefined();
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

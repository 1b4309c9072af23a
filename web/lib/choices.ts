/** What a person has switched on, kept where the browser keeps it. */

import { tryStorage } from "@/lib/storage";

type Choice = "read-replies" | "times";

const keyOf = (choice: Choice) => `parley.${choice}`;

export function rememberedChoice(choice: Choice): boolean {
  if (typeof window === "undefined") return false;
  return tryStorage("localStorage", (storage) => storage.getItem(keyOf(choice))) === "on";
}

export function rememberChoice(choice: Choice, isOn: boolean): void {
  tryStorage("localStorage", (storage) =>
    isOn ? storage.setItem(keyOf(choice), "on") : storage.removeItem(keyOf(choice)),
  );
}

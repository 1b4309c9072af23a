/** What a person has switched on, kept where the browser keeps it. */

import { Memory } from "@/lib/storage";

type Choice = "read-replies" | "times";

const memory = new Memory("localStorage");
const keyOf = (choice: Choice) => `parley.${choice}`;

export function rememberedChoice(choice: Choice): boolean {
  return memory.read(keyOf(choice)) === "on";
}

export function rememberChoice(choice: Choice, isOn: boolean): void {
  if (isOn) memory.keep(keyOf(choice), "on");
  else memory.forget(keyOf(choice));
}

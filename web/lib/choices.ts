/** What a person has switched on, kept where the browser keeps it. */

type Choice = "read-replies" | "times";

const keyOf = (choice: Choice) => `parley.${choice}`;

/** The storage's getter itself throws where the browser keeps nothing. */
export function rememberedChoice(choice: Choice): boolean {
  try {
    return typeof window !== "undefined" && window.localStorage.getItem(keyOf(choice)) === "on";
  } catch (error) {
    if (error instanceof DOMException) return false;
    throw error;
  }
}

export function rememberChoice(choice: Choice, isOn: boolean): void {
  try {
    if (isOn) window.localStorage.setItem(keyOf(choice), "on");
    else window.localStorage.removeItem(keyOf(choice));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

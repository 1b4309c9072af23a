/** The keys of a call. None is a bare letter: whoever dictates or types must not end it by a word. */

export type KeyCommand = "mute" | "end" | "help";

/** Where keys have a meaning of their own. */
const TAKES_KEYS =
  "a,button,input,select,textarea,summary,[contenteditable],[tabindex='0'],[role=dialog]";
const TAKES_TEXT = "input:not([type=range]),textarea,[contenteditable]";

const isIn = (event: KeyboardEvent, selector: string) =>
  event.target instanceof Element && event.target.closest(selector) !== null;

export function isApple(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.platform);
}

/** What a key asks for; undefined where it is none of ours. */
export function commandOf(event: KeyboardEvent): KeyCommand | undefined {
  if (event.repeat || event.isComposing || event.defaultPrevented) return undefined;
  const isHeld = isApple() ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  const key = event.key.toLowerCase();
  if (isHeld && !event.altKey) {
    if (key === "d" && !event.shiftKey) return "mute";
    return key === "e" && event.shiftKey ? "end" : undefined;
  }
  const isBare = !event.ctrlKey && !event.metaKey && !event.altKey;
  return isBare && key === "?" && !isIn(event, TAKES_TEXT) ? "help" : undefined;
}

/** The space bar, where it would do nothing else. */
export function isTalkKey(event: KeyboardEvent): boolean {
  const hasModifier = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
  return event.key === " " && !hasModifier && !isIn(event, TAKES_KEYS);
}

/** Each key with what it does, as the list shows them. */
export const KEYS: readonly { command: KeyCommand | "talk"; keys: (isApple: boolean) => string }[] =
  [
    { command: "talk", keys: () => "Space" },
    { command: "mute", keys: (apple) => (apple ? "⌘ D" : "Ctrl + D") },
    { command: "end", keys: (apple) => (apple ? "⇧ ⌘ E" : "Ctrl + Shift + E") },
    { command: "help", keys: () => "?" },
  ];

/**
 * The keys of a call. Each has a modifier: what is dictated or typed, "?" as well, does nothing by
 * itself (WCAG 2.1.4). The space bar talks, and only while it is held.
 */

export type KeyCommand = "mute" | "end" | "help";

/** What is printed on the keys that are no letters. */
export interface KeyCaps {
  space: string;
  control: string;
  shift: string;
}

/** Where the space bar has a meaning of its own. */
const TAKES_SPACE =
  "a,button,input,select,textarea,summary,[contenteditable],[tabindex='0'],[role=dialog]";

export function isApple(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.platform);
}

/** The key in place of one that an input method has taken (UI Events, `keyCode` of `keydown`). */
const TAKEN_KEY_CODE = 229;

/** An input method has the key. Safari says that it has done composing before it says of which key. */
export function isComposed({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === TAKEN_KEY_CODE;
}

/** What a key asks for; undefined where it is none of ours. */
export function commandOf(event: KeyboardEvent): KeyCommand | undefined {
  if (isComposed(event) || event.defaultPrevented) return undefined;
  const isHeld = isApple() ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  if (!isHeld || event.altKey) return undefined;
  switch (event.key.toLowerCase()) {
    case "d":
      return event.shiftKey ? undefined : "mute";
    case "e":
      return event.shiftKey ? "end" : undefined;
    // On one key in some layouts; on others the one or the other takes a shift.
    case "/":
    case "?":
      return "help";
    default:
      return undefined;
  }
}

/** The space bar, where it would do nothing else. */
export function isTalkKey(event: KeyboardEvent): boolean {
  const hasModifier = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
  const isTaken = event.target instanceof Element && event.target.closest(TAKES_SPACE) !== null;
  return event.key === " " && !hasModifier && !isComposed(event) && !isTaken;
}

/** Each key with what it does, as the list shows them. */
export const KEYS: readonly {
  command: KeyCommand | "talk";
  keys: (isApple: boolean, caps: KeyCaps) => string;
}[] = [
  { command: "talk", keys: (_, { space }) => space },
  { command: "mute", keys: (apple, { control }) => (apple ? "⌘ D" : `${control} + D`) },
  {
    command: "end",
    keys: (apple, { control, shift }) => (apple ? "⇧ ⌘ E" : `${control} + ${shift} + E`),
  },
  { command: "help", keys: (apple, { control }) => (apple ? "⌘ /" : `${control} + /`) },
];

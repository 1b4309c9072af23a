import {
  type KeyboardEvent as ReactKeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  useEffect,
  useEffectEvent,
  useRef,
} from "react";

import { isTalkKey } from "@/lib/keys";

/** A press that is shorter is a click, and leaves the microphone on. */
const HOLD_MS = 350;

/** The space bar, the button under a finger or mouse, and the button by the keyboard. */
type Source = "key" | "pointer" | "focus";

interface Held {
  isOn: boolean;
  /** There is one to unmute. */
  isThere: boolean;
  turnOn: () => void;
  turnOff: () => void;
  toggle: () => void;
}

/** A muted caller talks for as long as something is held; a click still mutes and unmutes. */
export function useHoldToTalk({ isOn, isThere, turnOn, turnOff, toggle }: Held) {
  const sources = useRef(new Set<Source>());
  const pressedMs = useRef(0);
  const isClickDone = useRef(false);

  const press = (source: Source): boolean => {
    const isHeld = sources.current.size > 0;
    if (!isHeld && (isOn || !isThere)) return false;
    sources.current.add(source);
    if (isHeld) return true;
    pressedMs.current = performance.now();
    turnOn();
    return true;
  };
  const release = (source: Source) => {
    if (!sources.current.delete(source) || sources.current.size > 0) return;
    const isClick = source !== "key" && performance.now() - pressedMs.current < HOLD_MS;
    if (!isClick) turnOff();
  };
  const drop = () => {
    if (sources.current.size === 0) return;
    sources.current.clear();
    turnOff();
  };
  const onReleased = useEffectEvent(release);
  /** Nobody holds anything in a page that has lost the focus: its key would never come up. */
  const onGone = useEffectEvent(drop);
  const onTalkKey = useEffectEvent((event: KeyboardEvent) => {
    if (!isTalkKey(event)) return;
    event.preventDefault();
    if (!event.repeat) press("key");
  });

  useEffect(() => {
    const over = new AbortController();
    const { signal } = over;
    const onKeyUp = (event: KeyboardEvent) => {
      if (event.key === " ") onReleased("key");
    };
    const onPointerUp = () => onReleased("pointer");
    const onLeft = () => onGone();
    window.addEventListener("keydown", (event) => onTalkKey(event), { signal });
    window.addEventListener("keyup", onKeyUp, { signal });
    window.addEventListener("pointerup", onPointerUp, { signal });
    window.addEventListener("pointercancel", onPointerUp, { signal });
    window.addEventListener("blur", onLeft, { signal });
    document.addEventListener("visibilitychange", onLeft, { signal });
    return () => {
      over.abort();
      onGone();
    };
  }, []);

  return {
    onPointerDown: (event: PointerEvent) => {
      isClickDone.current = !(event.button > 0) && press("pointer");
    },
    onKeyDown: (event: ReactKeyboardEvent) => {
      // Held down, Enter would mute and unmute many times a second.
      if (event.repeat || (event.key === " " && press("focus"))) event.preventDefault();
    },
    onKeyUp: (event: ReactKeyboardEvent) => {
      if (event.key !== " " || !sources.current.has("focus")) return;
      event.preventDefault();
      release("focus");
    },
    onBlur: drop,
    onClick: (event: MouseEvent) => {
      // The pointer has done it already; a click without one comes from a key or a helper.
      const isDone = event.detail > 0 && isClickDone.current;
      isClickDone.current = false;
      if (!isDone) toggle();
    },
  };
}

import {
  type KeyboardEvent as ReactKeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  useEffect,
  useEffectEvent,
  useRef,
  useState,
} from "react";

import { type Held, Hold } from "@/lib/hold";
import { isTalkKey } from "@/lib/keys";

/** A muted caller talks for as long as something is held; a click still mutes and unmutes. */
export function useHoldToTalk(microphone: Held & { toggle: () => void }) {
  const [hold] = useState(() => new Hold());
  const isClickDone = useRef(false);
  useHoldEnds(hold, microphone);

  return {
    onPointerDown: (event: PointerEvent) => {
      isClickDone.current = !(event.button > 0) && hold.press("pointer", microphone);
    },
    onKeyDown: (event: ReactKeyboardEvent) => {
      const isHeld = event.key === " " && hold.press("focus", microphone);
      // Held down, Enter would mute and unmute many times a second.
      if (event.repeat || isHeld) event.preventDefault();
    },
    onKeyUp: (event: ReactKeyboardEvent) => {
      if (event.key !== " " || !hold.has("focus")) return;
      event.preventDefault();
      hold.release("focus", microphone);
    },
    onBlur: () => hold.drop(microphone),
    // A long press is a hold, and asks for no menu.
    onContextMenu: (event: MouseEvent) => event.preventDefault(),
    onClick: (event: MouseEvent) => {
      // The pointer has done it already; a click without one comes from a key or a helper.
      const isDone = event.detail > 0 && isClickDone.current;
      isClickDone.current = false;
      if (!isDone) microphone.toggle();
    },
  };
}

/** The space bar wherever the focus is, and whatever lets go outside of the button. */
function useHoldEnds(hold: Hold, microphone: Held) {
  const onTalkKey = useEffectEvent((event: KeyboardEvent) => {
    if (!isTalkKey(event)) return;
    event.preventDefault();
    if (!event.repeat) hold.press("key", microphone);
  });
  const onReleased = useEffectEvent((source: "key" | "pointer") =>
    hold.release(source, microphone),
  );
  const onGone = useEffectEvent(() => hold.drop(microphone));

  useEffect(() => {
    const over = new AbortController();
    const { signal } = over;
    const onPointerUp = () => onReleased("pointer");
    const onLeft = () => onGone();
    window.addEventListener("keydown", (event) => onTalkKey(event), { signal });
    window.addEventListener("keyup", ({ key }) => key === " " && onReleased("key"), { signal });
    window.addEventListener("pointerup", onPointerUp, { signal });
    window.addEventListener("pointercancel", onPointerUp, { signal });
    // Nobody holds anything in a page that has lost the focus: its key would never come up.
    window.addEventListener("blur", onLeft, { signal });
    document.addEventListener("visibilitychange", onLeft, { signal });
    return () => {
      over.abort();
      onGone();
    };
  }, []);
}

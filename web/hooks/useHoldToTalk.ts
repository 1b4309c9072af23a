import {
  type KeyboardEvent as ReactKeyboardEvent,
  type MouseEvent,
  type PointerEvent as ReactPointerEvent,
  type RefObject,
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
  const finger = useRef<number>(undefined);
  useHoldEnds(hold, microphone, finger);

  return {
    onPointerDown: (event: ReactPointerEvent) => {
      if (!hold.has("pointer")) finger.current = event.pointerId;
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
function useHoldEnds(hold: Hold, microphone: Held, finger: RefObject<number | undefined>) {
  const onTalkKey = useEffectEvent((event: KeyboardEvent) => {
    if (!isTalkKey(event)) return;
    event.preventDefault();
    if (!event.repeat) hold.press("key", microphone);
  });
  const onReleased = useEffectEvent((source: "key" | "pointer") =>
    hold.release(source, microphone),
  );
  const onPointerUp = useEffectEvent(({ pointerId }: PointerEvent) => {
    // Another finger may scroll meanwhile.
    if (pointerId === finger.current) onReleased("pointer");
  });
  const onGone = useEffectEvent(() => hold.drop(microphone));

  useEffect(() => {
    const over = new AbortController();
    const { signal } = over;
    const onLifted = (event: PointerEvent) => onPointerUp(event);
    const onLeft = () => onGone();
    window.addEventListener("keydown", (event) => onTalkKey(event), { signal });
    window.addEventListener("keyup", ({ key }) => key === " " && onReleased("key"), { signal });
    window.addEventListener("pointerup", onLifted, { signal });
    window.addEventListener("pointercancel", onLifted, { signal });
    // Nobody holds anything in a page that has lost the focus: its key would never come up.
    window.addEventListener("blur", onLeft, { signal });
    document.addEventListener("visibilitychange", onLeft, { signal });
    return () => {
      over.abort();
      onGone();
    };
  }, []);
}

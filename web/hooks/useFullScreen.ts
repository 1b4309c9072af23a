import { useSyncExternalStore } from "react";

function watch(onChange: () => void): () => void {
  document.addEventListener("fullscreenchange", onChange);
  return () => document.removeEventListener("fullscreenchange", onChange);
}

const isFull = () => document.fullscreenElement != null;

/** The page without the browser around it; undefined where the browser gives it no such thing. */
export function useFullScreen() {
  const isOn = useSyncExternalStore(watch, isFull, () => false);
  if (typeof document === "undefined" || !document.fullscreenEnabled) return undefined;
  const toggle = () => {
    const { documentElement } = document;
    const change = isOn ? document.exitFullscreen() : documentElement.requestFullscreen();
    // The browser may refuse; the page stays as it is.
    change.catch(() => undefined);
  };
  return { isOn, toggle };
}

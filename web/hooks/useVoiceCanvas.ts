import { type RefObject, useEffect, useRef } from "react";

import { drawVoice, type VoiceColours } from "@/lib/drawVoice";
import type { Levels } from "@/lib/levels";
import type { VoiceShape } from "@/lib/presence";
import { isSamePose, nextPose, RESTING_POSE } from "@/lib/voicePose";

/** Sharp at twice the largest size the canvas is shown in; CSS scales it down. */
export const CANVAS_PIXELS = 640;

function coloursOf(canvas: HTMLCanvasElement): VoiceColours {
  const style = getComputedStyle(canvas);
  return {
    light: style.getPropertyValue("--voice-light"),
    deep: style.getPropertyValue("--voice-deep"),
    halo: style.getPropertyValue("--voice-halo"),
  };
}

/** Paints the voice on each frame in which something about it has changed. */
export function useVoiceCanvas(
  shape: VoiceShape,
  readLevels: () => Levels,
): RefObject<HTMLCanvasElement | null> {
  const ref = useRef<HTMLCanvasElement>(null);
  const pose = useRef(RESTING_POSE);

  useEffect(() => {
    const canvas = ref.current;
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return;
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    let colours = coloursOf(canvas);
    let isStale = true;
    let lastMs = performance.now();
    const recolour = () => {
      colours = coloursOf(canvas);
      isStale = true;
    };
    const paint = (nowMs: number) => {
      frame = requestAnimationFrame(paint);
      const elapsedSecs = (nowMs - lastMs) / 1000;
      lastMs = nowMs;
      const input = { shape, levels: readLevels(), elapsedSecs, isCalm: calm.matches };
      const next = nextPose(pose.current, input);
      if (!isStale && isSamePose(pose.current, next)) return;
      pose.current = next;
      isStale = false;
      drawVoice(context, CANVAS_PIXELS, next, colours);
    };
    let frame = requestAnimationFrame(paint);
    dark.addEventListener("change", recolour);
    return () => {
      cancelAnimationFrame(frame);
      dark.removeEventListener("change", recolour);
    };
  }, [shape, readLevels]);

  return ref;
}

import { type RefObject, useEffect, useRef } from "react";

import { drawVoice, type VoiceColours } from "@/lib/drawVoice";
import type { Levels } from "@/lib/levels";
import type { VoiceShape } from "@/lib/presence";
import { hearsNobody, isSamePose, nextPose, RESTING_POSE } from "@/lib/voicePose";

/** Sharp at twice the largest size the canvas is shown in; CSS scales it down. */
export const CANVAS_PIXELS = 640;
/**
 * A little less than two frames of 60 Hz. What moves here eases over a tenth of a second and more;
 * where no graphics card draws it, each frame costs the processor 13 ms (Chromium, two cores).
 */
const LEAST_MS = 30;
const FIRST_MS = 1000 / 60;

function coloursOf(canvas: HTMLCanvasElement): VoiceColours {
  const style = getComputedStyle(canvas);
  return {
    light: style.getPropertyValue("--voice-light"),
    deep: style.getPropertyValue("--voice-deep"),
    halo: style.getPropertyValue("--voice-halo"),
    faded: style.getPropertyValue("--voice-faded"),
    over: style.getPropertyValue("--voice-over"),
  };
}

/**
 * Paints the voice on each frame in which something about it has changed. Where it hears nobody
 * it asks for no more frames, once it has come to rest.
 */
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
    let frame: number | undefined;
    const paint = (nowMs: number) => {
      frame = undefined;
      if (!isStale && nowMs - lastMs < LEAST_MS) return wake();
      // A frame may have begun before it was asked for. The first of a new shape moves all the same:
      // one that has not moved is taken for at rest.
      const elapsedSecs = Math.max(isStale ? FIRST_MS : 0, nowMs - lastMs) / 1000;
      lastMs = nowMs;
      const input = { shape, levels: readLevels(), elapsedSecs, isCalm: calm.matches };
      const next = nextPose(pose.current, input);
      const isSame = isSamePose(pose.current, next);
      if (!isSame || !hearsNobody(shape)) wake();
      if (!isStale && isSame) return;
      pose.current = next;
      isStale = false;
      drawVoice(context, CANVAS_PIXELS, next, colours);
    };
    const wake = () => void (frame ??= requestAnimationFrame(paint));
    const recolour = () => {
      colours = coloursOf(canvas);
      isStale = true;
      lastMs = performance.now();
      wake();
    };
    wake();
    dark.addEventListener("change", recolour);
    calm.addEventListener("change", recolour);
    return () => {
      if (frame !== undefined) cancelAnimationFrame(frame);
      dark.removeEventListener("change", recolour);
      calm.removeEventListener("change", recolour);
    };
  }, [shape, readLevels]);

  return ref;
}

/** Draws the voice: a warm core in its own light, and rings around it while the caller is heard. */

import type { VoicePose } from "@/lib/voicePose";

export interface VoiceColours {
  light: string;
  deep: string;
  halo: string;
  /** The halo's colour with nothing of it left: what the light falls off to. */
  faded: string;
  over: string;
}

interface Outline {
  radius: number;
  /** Height of the wave on the rim, as a share of the radius. */
  ripple: number;
  wave: number;
}

const [CORE_SHARE, OVER_SHARE] = [0.22, 0.6];
const RIM_POINTS = 96;
const TAU = 2 * Math.PI;
/** The edge of the core, from the outside in: each layer covers a part of what is under it. */
const SOFT_EDGE = [1.05, 1.04, 1.03, 1.02, 1.01, 1, 0.99, 0.98, 0.97, 0.96];
/** Where the light lies on the core when it rests: above, to the left. */
const LIGHT_ANGLE = -0.75 * Math.PI;

/** Three slow waves of unlike length never repeat to the eye. */
function rim(angle: number, wave: number): number {
  return (
    0.5 * Math.sin(2 * angle + wave) +
    0.3 * Math.sin(3 * angle - 1.3 * wave) +
    0.2 * Math.sin(5 * angle + 1.7 * wave)
  );
}

/** Every layer has this one outline, larger or smaller. */
function trace(context: CanvasRenderingContext2D, centre: number, outline: Outline): void {
  const { radius, ripple, wave } = outline;
  context.beginPath();
  for (let point = 0; point < RIM_POINTS; point++) {
    const angle = (point / RIM_POINTS) * TAU;
    const distance = radius * (1 + ripple * rim(angle, wave));
    context.lineTo(centre + distance * Math.cos(angle), centre + distance * Math.sin(angle));
  }
  context.closePath();
}

/** How far the light has moved from its resting place, as a share of the core. */
function lightOf({ turn, turning }: VoicePose, reach: number): { x: number; y: number } {
  const angle = LIGHT_ANGLE + turn;
  const along = (rest: number, now: number) => reach * (rest + (now - rest) * turning);
  return {
    x: along(Math.cos(LIGHT_ANGLE), Math.cos(angle)),
    y: along(Math.sin(LIGHT_ANGLE), Math.sin(angle)),
  };
}

/** Light around the core, brightest at its rim and gone before the canvas ends. */
function drawLight(
  context: CanvasRenderingContext2D,
  size: number,
  core: number,
  pose: VoicePose,
  colours: VoiceColours,
): void {
  const { bot, turning, motion } = pose;
  const reach = core * (1.62 + motion * 0.35 * bot);
  const aside = lightOf(pose, motion * 0.22 * turning * core);
  const [x, y] = [size / 2 + aside.x, size / 2 + aside.y];
  const light = context.createRadialGradient(x, y, core * 0.7, x, y, reach);
  light.addColorStop(0, colours.halo);
  light.addColorStop(0.3, colours.halo);
  light.addColorStop(1, colours.faded);
  context.globalAlpha = (0.3 + 0.3 * bot - 0.12 * pose.hearing) * pose.glow;
  context.fillStyle = light;
  trace(context, size / 2, { radius: size / 2, ripple: 0, wave: 0 });
  context.fill();
}

/** Two clean rings that swell with the caller's voice. */
function drawRings(
  context: CanvasRenderingContext2D,
  size: number,
  outline: Outline,
  pose: VoicePose,
  colours: VoiceColours,
): void {
  const { caller, hearing, motion, glow } = pose;
  const isThere = Math.max(hearing, Math.min(1, 3 * caller));
  context.fillStyle = colours.halo;
  for (const [rest, swell, alpha] of [
    [1.22, 0.3, 0.08 + 0.14 * caller],
    [1.1, 0.15, 0.14 + 0.2 * caller],
  ] as const) {
    context.globalAlpha = alpha * isThere * glow;
    const radius = outline.radius * (rest + motion * swell * caller);
    trace(context, size / 2, { ...outline, radius });
    context.fill();
  }
}

function drawCore(
  context: CanvasRenderingContext2D,
  size: number,
  outline: Outline,
  pose: VoicePose,
  colours: VoiceColours,
): void {
  const { radius } = outline;
  const centre = size / 2;
  const aside = lightOf(pose, (0.5 + 0.12 * pose.turning) * radius);
  const [x, y] = [centre + aside.x, centre + aside.y];
  const fill = context.createRadialGradient(x, y, radius * 0.1, centre, centre, radius * 1.3);
  fill.addColorStop(0, colours.light);
  // The louder, the brighter.
  fill.addColorStop(0.02 + 0.4 * pose.bot, colours.light);
  fill.addColorStop(1 - 0.2 * pose.turning, colours.deep);
  for (const [paint, alpha] of [
    [fill, (1 - pose.over) * (0.55 + 0.45 * pose.glow)],
    [colours.over, pose.over],
  ] as const) {
    if (alpha === 0) continue;
    context.fillStyle = paint;
    for (const [layer, share] of SOFT_EDGE.entries()) {
      context.globalAlpha = layer === SOFT_EDGE.length - 1 ? alpha : alpha * 0.24;
      trace(context, centre, { ...outline, radius: radius * share });
      context.fill();
    }
  }
}

export function drawVoice(
  context: CanvasRenderingContext2D,
  size: number,
  pose: VoicePose,
  colours: VoiceColours,
): void {
  const { bot, over, motion, wave } = pose;
  // A raised voice is far larger than a quiet one: most speech lies in the upper half of the scale.
  const swell = motion * 0.26 * bot ** 2;
  const radius = size * CORE_SHARE * (1 + swell) * (1 - (1 - OVER_SHARE) * over);
  const outline = { radius, ripple: motion * 0.11 * bot, wave };
  context.clearRect(0, 0, size, size);
  drawLight(context, size, radius, pose, colours);
  drawRings(context, size, outline, pose, colours);
  drawCore(context, size, outline, pose, colours);
  context.globalAlpha = 1;
}

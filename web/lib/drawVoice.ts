/** Draws the voice: a warm core, and two halos around it that show who speaks. */

import type { VoicePose } from "@/lib/voicePose";

export interface VoiceColours {
  light: string;
  deep: string;
  halo: string;
}

interface Ring {
  radius: number;
  /** Height of the wave on the rim, as a share of the radius. */
  ripple: number;
  turn: number;
}

/** At its loudest the outer halo stays within the canvas. */
const CORE_SHARE = 0.23;
const RIM_POINTS = 96;
const TAU = 2 * Math.PI;

/** Three slow waves of unlike length never repeat to the eye. */
function rim(angle: number, wave: number): number {
  return (
    0.5 * Math.sin(2 * angle + wave) +
    0.3 * Math.sin(3 * angle - 1.3 * wave) +
    0.2 * Math.sin(5 * angle + 1.7 * wave)
  );
}

function trace(context: CanvasRenderingContext2D, centre: number, ring: Ring, wave: number): void {
  context.beginPath();
  for (let point = 0; point < RIM_POINTS; point++) {
    const angle = (point / RIM_POINTS) * TAU;
    const radius = ring.radius * (1 + ring.ripple * rim(angle, wave + ring.turn));
    context.lineTo(centre + radius * Math.cos(angle), centre + radius * Math.sin(angle));
  }
  context.closePath();
}

function drawHalo(
  context: CanvasRenderingContext2D,
  size: number,
  ring: Ring & { wave: number; alpha: number; colour: string },
): void {
  context.globalAlpha = ring.alpha;
  context.fillStyle = ring.colour;
  trace(context, size / 2, ring, ring.wave);
  context.fill();
}

function drawCore(
  context: CanvasRenderingContext2D,
  size: number,
  ring: Ring & { wave: number; alpha: number },
  colours: VoiceColours,
): void {
  const { radius } = ring;
  const centre = size / 2;
  const shine = centre - radius * 0.35;
  const fill = context.createRadialGradient(
    shine,
    shine,
    radius * 0.1,
    centre,
    centre,
    radius * 1.3,
  );
  fill.addColorStop(0, colours.light);
  fill.addColorStop(1, colours.deep);
  context.globalAlpha = ring.alpha;
  context.fillStyle = fill;
  trace(context, centre, ring, ring.wave);
  context.fill();
}

export function drawVoice(
  context: CanvasRenderingContext2D,
  size: number,
  pose: VoicePose,
  colours: VoiceColours,
): void {
  const { wave, bot, caller, breathing, glow } = pose;
  const breath = breathing * 0.06 * Math.sin(pose.breath);
  const core = size * CORE_SHARE * (1 + breath + 0.1 * bot - 0.05 * (1 - glow));
  const voice = Math.max(bot, caller);
  context.clearRect(0, 0, size, size);
  drawHalo(context, size, {
    radius: core * (1.24 + 0.26 * caller + 0.2 * bot - 1.5 * breath),
    ripple: 0.13 * bot,
    turn: 0,
    wave,
    alpha: (0.1 + 0.12 * voice) * glow,
    colour: colours.halo,
  });
  drawHalo(context, size, {
    radius: core * (1.11 + 0.13 * caller + 0.11 * bot - 0.7 * breath),
    ripple: 0.11 * bot,
    turn: 2.1,
    wave,
    alpha: (0.18 + 0.16 * voice) * glow,
    colour: colours.halo,
  });
  const alpha = 0.6 + 0.4 * glow;
  drawCore(context, size, { radius: core, ripple: 0.1 * bot, turn: 4.2, wave, alpha }, colours);
  context.globalAlpha = 1;
}

/** The pose of the drawn voice, and how it moves from one moment to the next. */

import type { Levels } from "@/lib/levels";
import type { VoiceShape } from "@/lib/presence";

export interface VoicePose {
  /** Position in the wave, in radians; it advances only while the bot is heard. */
  wave: number;
  /** Position in the breath, in radians. */
  breath: number;
  /** How much of each motion shows, 0..1, so that shapes melt into each other. */
  bot: number;
  caller: number;
  breathing: number;
  /** 1 is awake, 0 holds still. */
  glow: number;
}

export interface PoseInput {
  shape: VoiceShape;
  levels: Levels;
  elapsedSecs: number;
  /** The person asked for less motion: levels show as light only. */
  isCalm: boolean;
}

export const RESTING_POSE: VoicePose = {
  wave: 0,
  breath: 0,
  bot: 0,
  caller: 0,
  breathing: 0,
  glow: 1,
};

/** Time constants in seconds: a voice rises quickly and fades softly; shapes melt over 0.3 s. */
const RISE_SECS = 0.04;
const FALL_SECS = 0.22;
const MELT_SECS = 0.3;
/** One breath in four seconds, as people breathe. */
const BREATH_RADIANS_PER_SEC = (2 * Math.PI) / 4;
const SETTLED = 0.002;

function toward(value: number, target: number, elapsedSecs: number, constantSecs: number): number {
  const next = value + (target - value) * (1 - Math.exp(-elapsedSecs / constantSecs));
  return Math.abs(target - next) < SETTLED ? target : next;
}

function follow(value: number, target: number, elapsedSecs: number): number {
  return toward(value, target, elapsedSecs, target > value ? RISE_SECS : FALL_SECS);
}

export function nextPose(pose: VoicePose, input: PoseInput): VoicePose {
  const { shape, levels, isCalm } = input;
  // A tab that slept must not jump.
  const elapsedSecs = Math.min(input.elapsedSecs, 0.1);
  const bot = follow(pose.bot, shape === "moving" ? levels.bot : 0, elapsedSecs);
  const caller = follow(pose.caller, shape === "still" ? 0 : levels.caller, elapsedSecs);
  const isBreathing = shape === "breathing" && !isCalm;
  const breathing = toward(pose.breathing, isBreathing ? 1 : 0, elapsedSecs, MELT_SECS);
  return {
    wave: isCalm || bot === 0 ? pose.wave : pose.wave + elapsedSecs * (0.8 + 3.2 * bot),
    breath: breathing === 0 ? 0 : pose.breath + elapsedSecs * BREATH_RADIANS_PER_SEC,
    bot,
    caller,
    breathing,
    glow: toward(pose.glow, shape === "still" ? 0 : 1, elapsedSecs, MELT_SECS),
  };
}

/** True when drawing `next` would give the same picture as `pose`. */
export function isSamePose(pose: VoicePose, next: VoicePose): boolean {
  return (Object.keys(pose) as (keyof VoicePose)[]).every((key) => pose[key] === next[key]);
}

/** The pose of the drawn voice, and how it moves from one moment to the next. */

import type { Levels } from "@/lib/levels";
import type { VoiceShape } from "@/lib/presence";

export interface VoicePose {
  /** Position in the wave, in radians; it advances only while the bot is heard. */
  wave: number;
  /** How far the light has gone round, in radians; it goes only while something is being done. */
  turn: number;
  /** How much of each shows, 0..1, so that shapes melt into each other. */
  bot: number;
  caller: number;
  turning: number;
  /** The caller is heard: the rings are there, whether or not somebody speaks. */
  hearing: number;
  /** 1 is awake, 0 holds still; dimmed while the bot holds its words. */
  glow: number;
  /** 1 is dark and small: there is no call any more. */
  over: number;
  /** 0 where the person asked for less motion: then everything shows as light, nothing as size. */
  motion: 0 | 1;
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
  turn: 0,
  bot: 0,
  caller: 0,
  turning: 0,
  hearing: 0,
  glow: 1,
  over: 0,
  motion: 1,
};

/** Time constants in seconds: a voice rises quickly and fades softly; shapes melt over 0.3 s. */
const RISE_SECS = 0.04;
const FALL_SECS = 0.22;
const MELT_SECS = 0.3;
/** Dimmed within a syllable. */
const HOLD_SECS = 0.08;
const HELD_GLOW = 0.4;
/** Once round in three seconds: slower than anything that says "hurry". */
const TURN_RADIANS_PER_SEC = (2 * Math.PI) / 3;
const SETTLED = 0.002;
/** What listens to nobody needs no frames once it has come to rest. */
const DEAF: ReadonlySet<VoiceShape> = new Set(["waiting", "still", "over"]);

export const hearsNobody = (shape: VoiceShape) => DEAF.has(shape);

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
  const melt = (value: number, isOn: boolean) =>
    toward(value, isOn ? 1 : 0, elapsedSecs, MELT_SECS);
  const bot = follow(pose.bot, shape === "moving" ? levels.bot : 0, elapsedSecs);
  const caller = follow(pose.caller, hearsNobody(shape) ? 0 : levels.caller, elapsedSecs);
  const turning = melt(pose.turning, shape === "turning");
  return {
    wave: isCalm || bot === 0 ? pose.wave : pose.wave + elapsedSecs * (0.8 + 3.2 * bot),
    turn: isCalm || turning === 0 ? 0 : pose.turn + elapsedSecs * TURN_RADIANS_PER_SEC,
    bot,
    caller,
    turning,
    hearing: melt(pose.hearing, shape === "resting" || shape === "held"),
    glow: glowOf(pose.glow, shape, elapsedSecs),
    over: isCalm ? Number(shape === "over") : melt(pose.over, shape === "over"),
    motion: isCalm ? 0 : 1,
  };
}

function glowOf(glow: number, shape: VoiceShape, elapsedSecs: number): number {
  if (shape === "held") return toward(glow, HELD_GLOW, elapsedSecs, HOLD_SECS);
  return toward(glow, shape === "still" || shape === "over" ? 0 : 1, elapsedSecs, MELT_SECS);
}

/** True when drawing `next` would give the same picture as `pose`. */
export function isSamePose(pose: VoicePose, next: VoicePose): boolean {
  return (Object.keys(pose) as (keyof VoicePose)[]).every((key) => pose[key] === next[key]);
}

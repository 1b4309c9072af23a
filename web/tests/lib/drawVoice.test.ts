import { describe, expect, it } from "vitest";

import { drawVoice } from "@/lib/drawVoice";
import { nextPose, RESTING_POSE, type VoicePose } from "@/lib/voicePose";

const COLOURS = { light: "l", deep: "d", halo: "h", faded: "f", over: "o" };
const SIZE = 640;

/** Where a pose puts everything, and how bright. */
function drawn(pose: VoicePose) {
  const points: number[] = [];
  const light: number[] = [];
  const context = {
    globalAlpha: 1,
    fillStyle: "",
    clearRect() {},
    beginPath() {},
    closePath() {},
    lineTo: (x: number, y: number) => void points.push(x, y),
    fill: () => void light.push(context.globalAlpha),
    createRadialGradient: (...circle: number[]) => {
      points.push(...circle);
      return { addColorStop: (at: number) => void light.push(at) };
    },
  };
  drawVoice(context as unknown as CanvasRenderingContext2D, SIZE, pose, COLOURS);
  return { points, light };
}

function pose(shape: Parameters<typeof nextPose>[1]["shape"], level: number, isCalm = false) {
  let now = RESTING_POSE;
  const levels = { bot: level, caller: level };
  for (let frame = 0; frame < 120; frame++) {
    now = nextPose(now, { shape, levels, elapsedSecs: 1 / 60, isCalm });
  }
  return now;
}

const farthest = ({ points }: { points: number[] }) =>
  Math.max(...points.map((value) => Math.abs(value - SIZE / 2)));

describe("for those who asked for less motion", () => {
  it.each(["moving", "resting", "turning"] as const)(
    "a level shows as light only, while %s",
    (shape) => {
      const [quiet, loud] = [drawn(pose(shape, 0, true)), drawn(pose(shape, 1, true))];
      expect(loud.points).toEqual(quiet.points);
      expect(loud.light).not.toEqual(quiet.light);
    },
  );

  it("nothing goes round, and nothing moves between two moments", () => {
    const turning = pose("turning", 0, true);
    const later = nextPose(turning, {
      shape: "turning",
      levels: { bot: 0, caller: 0 },
      elapsedSecs: 0.1,
      isCalm: true,
    });
    expect(drawn(later).points).toEqual(drawn(turning).points);
  });
});

it("shows how loud the bot is: a raised voice is larger by a fifth than a quiet one", () => {
  const core = (level: number) => {
    // The core is what is drawn last.
    const { points } = drawn({ ...RESTING_POSE, bot: level });
    return Math.max(...points.slice(-192).map((value) => Math.abs(value - SIZE / 2)));
  };
  expect(core(1) / core(0.4)).toBeGreaterThan(1.2);
});

it.each(["moving", "resting", "turning", "over"] as const)(
  "stays on its canvas while %s, however loud it is",
  (shape) => expect(farthest(drawn(pose(shape, 1)))).toBeLessThanOrEqual(SIZE / 2),
);

it("is dark and small when there is no call any more", () => {
  const core = (of: VoicePose) => {
    const { points } = drawn(of);
    return Math.max(...points.slice(-192).map((value) => Math.abs(value - SIZE / 2)));
  };
  expect(core(pose("over", 1)) / core(RESTING_POSE)).toBeLessThan(0.7);
});

import { describe, expect, it } from "vitest";

import type { CallState } from "@/lib/call";
import { en } from "@/lib/catalogues/en";
import { parseTrouble } from "@/lib/conventions";
import { levelOf } from "@/lib/levels";
import { presenceOf, toolOf } from "@/lib/presence";
import { toolDoing } from "@/lib/texts";
import type { ToolCall } from "@/lib/toolCalls";
import {
  isSamePose,
  nextPose,
  type PoseInput,
  RESTING_POSE,
  type VoicePose,
} from "@/lib/voicePose";

import { promise } from "../promise";

const QUIET = { caller: 0, bot: 0 };
const frame: PoseInput = { shape: "waiting", levels: QUIET, elapsedSecs: 1 / 60, isCalm: false };

const MOVING = { shape: "moving", levels: { caller: 0, bot: 0.8 } } as const;

function after(secs: number, input: Partial<PoseInput>, from: VoicePose = RESTING_POSE): VoicePose {
  let pose = from;
  for (let index = 0; index < secs * 60; index++) pose = nextPose(pose, { ...frame, ...input });
  return pose;
}

describe("the drawn voice", () => {
  it("rests without a single change while nobody speaks", () => {
    expect(isSamePose(RESTING_POSE, after(1, {}))).toBe(true);
  });

  it("moves with the bot's voice, and only while it is heard", () => {
    const speaking = after(0.5, { shape: "moving", levels: { caller: 0, bot: 0.8 } });
    expect(speaking.wave).toBeGreaterThan(0);
    expect(speaking.bot).toBeCloseTo(0.8, 1);
    const settled = after(4, { shape: "resting" }, speaking);
    expect(isSamePose(settled, after(1, { shape: "resting" }, settled))).toBe(true);
  });

  it("turns while something is done, and comes back to where it rested", () => {
    const turning = after(1, { shape: "turning" });
    expect(turning.turning).toBeGreaterThan(0.9);
    expect(turning.turn).toBeGreaterThan(1);
    expect(after(3, { shape: "turning" }, turning).turn).toBeGreaterThan(turning.turn + 5);
    expect(after(3, {}, turning)).toMatchObject({ turning: 0, turn: 0 });
  });

  it("holds still when paused, whatever the microphone hears", () => {
    const still = after(3, { shape: "still", levels: { caller: 1, bot: 1 } });
    expect(still).toMatchObject({ caller: 0, bot: 0, glow: 0, wave: 0 });
  });

  it("has a light of its own for each state", () => {
    const shapes = ["waiting", "resting", "turning", "moving", "held", "still", "over"] as const;
    const levels = { caller: 0, bot: 0.5 };
    const lights = shapes.map((shape) => JSON.stringify(after(2, { shape, levels })));
    expect(new Set(lights).size).toBe(shapes.length);
  });

  it.each(["waiting", "still", "over"] as const)("comes to rest while %s", (shape) => {
    const settled = after(4, { shape, levels: { caller: 1, bot: 1 } }, after(1, MOVING));
    expect(isSamePose(settled, after(1, { shape, levels: { caller: 1, bot: 1 } }, settled))).toBe(
      true,
    );
  });
});

promise(
  "Page",
  "The drawn voice dims at the caller's first syllable over it, and comes back if that was nothing.",
  () => {
    const live = { phase: "live", link: "good", isBotAway: false } as const;
    const own = { hasMicrophone: true, isMicrophoneOn: true, isHeard: true };
    const over = (bot: "speaking" | "thinking") =>
      presenceOf({ texts: en, call: live, bot, isInterrupting: true, ...own });
    expect(over("speaking")).toMatchObject({ words: "Listening", shape: "held", isRoutine: true });
    expect(over("thinking").shape).toBe("turning");
    const levels = { caller: 0.6, bot: 0 };
    const held = after(0.2, { shape: over("speaking").shape, levels }, after(2, MOVING));
    expect(held.glow).toBeLessThan(0.5);
    expect(held.caller).toBeGreaterThan(0.5);
    const back = after(1, MOVING, held);
    expect(back.glow).toBeGreaterThan(0.9);
    expect(back.bot).toBeGreaterThan(0.7);
  },
);

describe("levels", () => {
  it("are nothing for silence and all for a raised voice", () => {
    expect(levelOf(new Float32Array(256))).toBe(0);
    expect(levelOf(new Float32Array(0))).toBe(0);
    expect(levelOf(new Float32Array(256).fill(0.5))).toBe(1);
    const speech = levelOf(new Float32Array(256).fill(0.03));
    expect(speech).toBeGreaterThan(0.3);
    expect(speech).toBeLessThan(0.8);
  });
});

describe("presence", () => {
  const live = { phase: "live", link: "good", isBotAway: false } as const;
  const own = { hasMicrophone: true, isMicrophoneOn: true, isHeard: true };

  it.each([
    ["listening", "Listening", "resting"],
    ["thinking", "Thinking", "turning"],
    ["speaking", "Speaking", "moving"],
  ] as const)("says what the bot does while %s", (bot, words, shape) => {
    expect(presenceOf({ texts: en, call: live, bot, ...own })).toMatchObject({ words, shape });
  });

  it.each([
    ["voice", "Trouble speaking, trying again …"],
    ["hearing", "Trouble hearing you. You can type."],
    ["thinking", "Trouble answering, trying again …"],
    ["", "Listening"],
    ["news of a later version", "Listening"],
  ] as const)("says which part of the assistant is not well: %j", (said, words) => {
    const trouble = parseTrouble(said);
    expect(presenceOf({ texts: en, call: live, bot: "listening", trouble, ...own }).words).toBe(
      words,
    );
  });

  it.each([
    ["running", "thinking", "Looking up the weather", "turning"],
    ["running", "speaking", "Speaking", "moving"],
    ["running", "listening", "Listening", "resting"],
    ["confirming", "thinking", "Your turn: yes or no?", "resting"],
    ["confirming", "listening", "Your turn: yes or no?", "resting"],
    ["confirming", "speaking", "Speaking", "moving"],
    ["done", "thinking", "Thinking", "turning"],
  ] as const)("with a tool %s and the bot %s, says %j", (status, bot, words, shape) => {
    const tool = { id: "1", name: "weather", status, question: "", progress: "" };
    expect(presenceOf({ texts: en, call: live, bot, tool: toolOf([tool]), ...own })).toMatchObject({
      words,
      shape,
    });
  });

  it("is about what asks rather than about what runs, and of two about the newer", () => {
    const call = (id: string, status: ToolCall["status"]) => ({
      id,
      name: id,
      status,
      question: "",
      progress: "",
    });
    expect(toolOf([call("a", "confirming"), call("b", "running")])?.id).toBe("a");
    expect(toolOf([call("a", "running"), call("b", "running"), call("c", "done")])?.id).toBe("b");
  });

  it("names a tool it has no sentence for", () => {
    expect(toolDoing(en, { name: "water_plants" })).toBe("Water plants · working on it");
  });

  it("is not told to screen readers turn by turn, but what the caller has to know is", () => {
    const told = (more: Partial<Parameters<typeof presenceOf>[0]>) =>
      presenceOf({ texts: en, call: live, bot: "listening", ...own, ...more }).isRoutine !== true;
    expect([told({}), told({ bot: "thinking" }), told({ bot: "speaking" })]).toEqual(
      Array(3).fill(false),
    );
    expect(told({ isMicrophoneOn: false })).toBe(true);
    expect(told({ trouble: "voice" })).toBe(true);
    expect(told({ call: { ...live, link: "lost" } })).toBe(true);
  });

  it("looks different before, in and after a call", () => {
    const shape = (call: CallState) =>
      presenceOf({ texts: en, call, bot: "listening", ...own }).shape;
    expect(shape({ phase: "idle", ending: null })).toBe("waiting");
    expect(shape({ phase: "connecting", step: "room" })).toBe("turning");
    expect(shape(live)).toBe("resting");
    expect(shape({ phase: "idle", ending: "goodbye" })).toBe("over");
    expect(shape({ phase: "failed", failure: { code: "unexpected" } })).toBe("over");
  });

  it("says that the line is lost, whatever else is", () => {
    const call = { phase: "live", link: "lost", isBotAway: false } as const;
    const words = presenceOf({
      texts: en,
      call,
      bot: "listening",
      trouble: "hearing",
      ...own,
    }).words;
    expect(words).toBe("Coming back …");
  });

  it("says that the caller is muted, or has only the keyboard", () => {
    const call = { texts: en, call: live, bot: "listening" } as const;
    expect(presenceOf({ ...call, ...own, isMicrophoneOn: false })).toEqual({
      words: "You are muted",
      shape: "still",
    });
    expect(presenceOf({ ...call, ...own, hasMicrophone: false, isMicrophoneOn: false }).words).toBe(
      "Type to talk",
    );
  });

  it.each([
    ["lost", false, "Coming back …", "still"],
    ["offline", false, "You are offline. Coming back …", "still"],
    ["weak", false, "Weak connection", "moving"],
    ["good", true, "The assistant is coming back …", "still"],
    ["weak", true, "The assistant is coming back …", "still"],
    ["lost", true, "Coming back …", "still"],
  ] as const)("on a %s line, bot away: %s, says %j", (link, isBotAway, words, shape) => {
    const call = { phase: "live", link, isBotAway } as const;
    expect(presenceOf({ texts: en, call, bot: "speaking", ...own })).toEqual({ words, shape });
  });

  it("tells the place of those who wait", () => {
    const words = (place: number) =>
      presenceOf({
        texts: en,
        call: { phase: "connecting", step: "queue", place },
        bot: undefined,
        ...own,
      }).words;
    expect(words(2)).toBe("You are number 2 in line");
    expect(words(1)).toBe("You are next in line");
  });

  it("names each step of connecting", () => {
    const words = (step: "microphone" | "room" | "bot") =>
      presenceOf({ texts: en, call: { phase: "connecting", step }, bot: undefined, ...own }).words;
    expect(words("microphone")).toBe("Waiting for your microphone");
    expect(words("bot")).toBe("Connecting");
  });
});

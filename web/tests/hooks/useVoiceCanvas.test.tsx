import { render } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { useVoiceCanvas } from "@/hooks/useVoiceCanvas";
import type { Levels } from "@/lib/levels";
import type { VoiceShape } from "@/lib/presence";

import { promise } from "../promise";

/** Counts how often the canvas was painted anew. */
class Paper {
  paintings = 0;
  clearRect = () => void this.paintings++;
  beginPath() {}
  lineTo() {}
  closePath() {}
  fill() {}
  createRadialGradient = () => ({ addColorStop: () => undefined });
}

let paper: Paper;
let frames: FrameRequestCallback[];
let nowMs: number;
let requested: number;
let schemeListeners: (() => void)[];
const real = HTMLCanvasElement.prototype.getContext;

beforeEach(() => {
  paper = new Paper();
  frames = [];
  requested = 0;
  nowMs = performance.now();
  schemeListeners = [];
  HTMLCanvasElement.prototype.getContext = (() => paper) as unknown as typeof real;
  vi.stubGlobal("requestAnimationFrame", (frame: FrameRequestCallback) => {
    requested++;
    return frames.push(frame);
  });
  vi.stubGlobal("cancelAnimationFrame", () => void (frames = []));
  vi.stubGlobal("matchMedia", () => ({
    matches: false,
    addEventListener: (_type: string, listener: () => void) => schemeListeners.push(listener),
    removeEventListener: () => void (schemeListeners = []),
  }));
});

afterEach(() => {
  HTMLCanvasElement.prototype.getContext = real;
});

/** Lets the browser show so many frames, and returns in how many the voice was painted. */
function paintedIn(count: number): number {
  const before = paper.paintings;
  for (let index = 0; index < count; index++) {
    nowMs += 1000 / 60;
    for (const frame of frames.splice(0)) frame(nowMs);
  }
  return paper.paintings - before;
}

function show(shape: VoiceShape, levels: Levels) {
  const readLevels = () => levels;
  function Voice({ as }: { as: VoiceShape }) {
    return <canvas ref={useVoiceCanvas(as, readLevels)} />;
  }
  const view = render(<Voice as={shape} />);
  return { become: (next: VoiceShape) => view.rerender(<Voice as={next} />), ...view };
}

promise("Page", "The drawn voice moves while somebody speaks, and costs nothing at rest.", () => {
  const levels = { caller: 0, bot: 0 };
  const { become } = show("resting", levels);
  expect(paintedIn(1)).toBe(1);
  paintedIn(300);
  expect(paintedIn(60)).toBe(0);
  levels.caller = 0.6;
  expect(paintedIn(6)).toBe(3);
  levels.caller = 0;
  paintedIn(300);
  become("moving");
  levels.bot = 0.7;
  paintedIn(1);
  expect(paintedIn(60)).toBe(30);
  become("still");
  paintedIn(300);
  expect(paintedIn(60)).toBe(0);
});

promise(
  "Page",
  "The drawn voice follows the colours of the system, and ends with the page.",
  () => {
    const { unmount } = show("resting", { caller: 0, bot: 0 });
    paintedIn(300);
    for (const listener of schemeListeners) listener();
    expect(paintedIn(10)).toBe(1);
    // Of the scheme, and of how much may move.
    expect(schemeListeners).toHaveLength(2);
    unmount();
    expect(frames).toEqual([]);
    expect(schemeListeners).toEqual([]);
  },
);

it.each(["waiting", "still", "over"] as const)(
  "wakes nobody once it has come to rest, %s",
  (as) => {
    const { become } = show("moving", { caller: 0.5, bot: 0.5 });
    paintedIn(60);
    become(as);
    paintedIn(600);
    const before = requested;
    expect(paintedIn(60)).toBe(0);
    expect(requested).toBe(before);
    become("moving");
    expect(paintedIn(60)).toBe(30);
  },
);

it("paints the page it is opened on once, and then wakes nobody", () => {
  show("waiting", { caller: 0, bot: 0 });
  expect(paintedIn(60)).toBe(1);
  expect(requested).toBeLessThanOrEqual(2);
});

it("comes to rest after a call that ends in a frame which had begun before", () => {
  const { become } = show("moving", { caller: 0, bot: 0.7 });
  paintedIn(60);
  become("over");
  nowMs = performance.now() - 10_000;
  expect(paintedIn(1)).toBe(1);
  nowMs = performance.now();
  expect(paintedIn(20)).toBeGreaterThan(5);
});

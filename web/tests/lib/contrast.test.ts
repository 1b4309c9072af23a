import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { promise } from "../promise";

const CSS = readFileSync("app/globals.css", "utf-8");
const [LIGHT = "", DARK = ""] = CSS.split("@media screen and (prefers-color-scheme: dark)");

function luminance(scheme: string, name: string): number {
  const match = new RegExp(`--${name}: oklch\\(([\\d.]+) ([\\d.]+) ([\\d.]+)\\)`).exec(scheme);
  const [lightness = NaN, chroma = NaN, hue = NaN] = (match ?? []).slice(1).map(Number);
  return luminanceOf(lightness, chroma, hue);
}

/** Relative luminance of an OKLCH colour, by way of linear sRGB (CSS Color 4). */
function luminanceOf(lightness: number, chroma: number, hue: number): number {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clamp = (value: number) => Math.min(1, Math.max(0, value));
  const red = clamp(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
  const green = clamp(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
  const blue = clamp(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function ratio(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

function contrast(scheme: string, text: string, ground: string): number {
  return ratio(luminance(scheme, text), luminance(scheme, ground));
}

const PAIRS = ["ink", "ink-soft", "danger"].flatMap((text) =>
  ["paper", "surface"].map((ground) => [text, ground] as const),
);

promise("Page", "All text can be read, in light and in dark: a contrast of 4.5 or more.", () => {
  for (const scheme of [LIGHT, DARK]) {
    for (const [text, ground] of PAIRS) {
      expect(contrast(scheme, text, ground), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  }
});

it("shows where one types, and what ends a call, by a contrast of 3 or more", () => {
  for (const scheme of [LIGHT, DARK]) {
    expect(contrast(scheme, "edge", "paper")).toBeGreaterThanOrEqual(3);
    expect(contrast(scheme, "end", "paper")).toBeGreaterThanOrEqual(3);
  }
});

/** `--focus` as the stylesheet has it, in a hue and a strength that the server has set. */
function focusLuminance(scheme: string, accentHue: number, strength: number): number {
  const factors = /--focus: oklch\(([\d.]+) calc\(([\d.]+) [^)]+\)\) calc\([^)]+\) \+ ([\d.]+)\)/;
  const [lightness = NaN, chroma = NaN, aside = NaN] = (factors.exec(scheme) ?? [])
    .slice(1)
    .map(Number);
  return luminanceOf(lightness, chroma * strength, accentHue + aside);
}

it("shows what has the focus by a contrast of 3 or more, whatever colour the server sets", () => {
  for (const scheme of [LIGHT, DARK]) {
    const paper = luminance(scheme, "paper");
    for (let hue = 0; hue < 360; hue += 3) {
      for (const strength of [0, 0.25, 0.5, 0.75, 1]) {
        const focus = focusLuminance(scheme, hue, strength);
        expect(ratio(focus, paper), `${hue} ${strength}`).toBeGreaterThanOrEqual(3);
      }
    }
  }
});

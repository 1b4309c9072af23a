/** What the browser remembers for the caller; where its storage is off or full, the page does. */

import type { Language } from "@/lib/formats";
import { Memory } from "@/lib/storage";

const PREFIX = "parley.";
/** Read by the script in the page's HTML as well. */
export const LANGUAGE_KEY = `${PREFIX}language`;

const memory = new Memory("localStorage");

function remember(name: string, value: string): void {
  memory.keep(`${PREFIX}${name}`, value);
}

function remembered(name: string): string | undefined {
  return memory.read(`${PREFIX}${name}`);
}

export const rememberLanguage = (language: Language) => remember("language", language);

export const rememberMicrophone = (deviceId: string) => remember("microphone", deviceId);
export const rememberedMicrophone = () => remembered("microphone");

/** Of the conversation. */
export const TEXT_SIZES = ["normal", "large", "largest"] as const;
export type TextSize = (typeof TEXT_SIZES)[number];

export const rememberTextSize = (size: TextSize) => remember("text-size", size);

export function rememberedTextSize(): TextSize {
  const kept = remembered("text-size");
  return TEXT_SIZES.find((size) => size === kept) ?? "normal";
}

export const rememberSpeaker = (deviceId: string) => remember("speaker", deviceId);
export const rememberedSpeaker = () => remembered("speaker");

/** So quiet that one hears where to look; without a sound a call seems broken. */
export const LEAST_VOLUME = 0.1;

export const rememberVolume = (volume: number) => remember("volume", String(volume));

/** From `LEAST_VOLUME` to 1. */
export function rememberedVolume(): number {
  const volume = Number.parseFloat(remembered("volume") ?? "");
  return volume >= LEAST_VOLUME && volume <= 1 ? volume : 1;
}

/** What the browser remembers for the caller. Storage may be off; then nothing is remembered. */

const MICROPHONE_KEY = "parley.microphone";

function storage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

export function rememberMicrophone(deviceId: string): void {
  storage()?.setItem(MICROPHONE_KEY, deviceId);
}

export function rememberedMicrophone(): string | undefined {
  return storage()?.getItem(MICROPHONE_KEY) ?? undefined;
}

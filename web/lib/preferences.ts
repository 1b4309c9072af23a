/** What the browser remembers for the caller. Storage may be off or full; then nothing is remembered. */

const MICROPHONE_KEY = "parley.microphone";

/** The getter of the storage throws, and so may each of its methods. */
function tryStorage<T>(work: (storage: Storage) => T): T | undefined {
  try {
    return work(window.localStorage);
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

export function rememberMicrophone(deviceId: string): void {
  tryStorage((storage) => storage.setItem(MICROPHONE_KEY, deviceId));
}

export function rememberedMicrophone(): string | undefined {
  return tryStorage((storage) => storage.getItem(MICROPHONE_KEY)) ?? undefined;
}

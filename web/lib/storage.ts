/** What the browser keeps for the page, where it does. */

type Kind = "localStorage" | "sessionStorage";

/**
 * What comes of it; undefined where nothing is kept. Browsers refuse in many ways: the property or a
 * method throws, or there is none at all (`null` in the WebViews of Android apps, and in Firefox, where
 * it is switched off).
 */
export function tryStorage<T>(kind: Kind, work: (storage: Storage) => T): T | undefined {
  try {
    const storage = window[kind] as Storage | null;
    return storage ? work(storage) : undefined;
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

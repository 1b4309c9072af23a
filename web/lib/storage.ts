/** What the browser keeps for the page, where it does. */

type Kind = "localStorage" | "sessionStorage";

/**
 * What comes of it; undefined where nothing is kept. Browsers refuse in many ways: the property or a
 * method throws, or there is none at all (`null` in the WebViews of Android apps, and in Firefox, where
 * it is switched off).
 */
export function tryStorage<T>(kind: Kind, work: (storage: Storage) => T): T | undefined {
  // The page is built without a browser.
  if (typeof window === "undefined") return undefined;
  try {
    const storage = window[kind] as Storage | null;
    return storage ? work(storage) : undefined;
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

/** What a browser refuses to keep, the page knows for as long as it is open. */
export class Memory {
  private readonly here = new Map<string, string>();

  constructor(private readonly kind: Kind) {}

  /**
   * Whether it outlives the page. A storage that is full throws, and one that is off may take what it
   * does not give again.
   */
  keep(key: string, text: string): boolean {
    const kept = tryStorage(this.kind, (storage) => {
      storage.setItem(key, text);
      return storage.getItem(key);
    });
    if (kept === text) this.here.delete(key);
    else this.here.set(key, text);
    return kept === text;
  }

  read(key: string): string | undefined {
    const kept = () => tryStorage(this.kind, (storage) => storage.getItem(key));
    return this.here.get(key) ?? kept() ?? undefined;
  }

  forget(key: string): void {
    this.here.delete(key);
    tryStorage(this.kind, (storage) => storage.removeItem(key));
  }

  /** It is lost with the page. */
  isHereAlone(key: string): boolean {
    return this.here.has(key);
  }
}

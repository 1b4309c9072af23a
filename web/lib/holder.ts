/** Which page of this browser is in a call. Tabs that were duplicated have the same ticket for it. */

import { tryStorage } from "@/lib/storage";

const keyOf = (sessionId: string) => `parley.holder.${sessionId}`;

/** One page's place in its call. Where the browser keeps nothing, no page knows of another. */
export class Holder {
  private readonly me = crypto.randomUUID();
  private key: string | undefined;

  take(sessionId: string): void {
    const key = (this.key = keyOf(sessionId));
    tryStorage("localStorage", (storage) => storage.setItem(key, this.me));
  }

  /** Whoever leaves a call, or whose page goes, keeps nobody out of it. */
  release(): void {
    const { key } = this;
    if (key === undefined || this.read() !== this.me) return;
    tryStorage("localStorage", (storage) => storage.removeItem(key));
  }

  /** Another page has come in since, and is in it still. */
  get isTaken(): boolean {
    const holder = this.read();
    return holder !== undefined && holder !== this.me;
  }

  private read(): string | undefined {
    const { key } = this;
    if (key === undefined) return undefined;
    return tryStorage("localStorage", (storage) => storage.getItem(key)) ?? undefined;
  }
}

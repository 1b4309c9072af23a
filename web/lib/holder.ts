/** Which page of this browser is in a call. Tabs that were duplicated have the same ticket for it. */

import { TakenElsewhereError } from "@/lib/resume";
import { tryStorage } from "@/lib/storage";
import type { KeptTicket } from "@/lib/ticket";

const PREFIX = "parley.holder.";
/** Our choice; browsers slow the timers of a page that holds a connection down to one second. */
const RENEW_MS = 2_000;
/** Our choice, five times that: who has not been heard of for so long has crashed, or is frozen. */
export const STANDS_MS = 10_000;

const idOf = (place: string | null | undefined) => place?.split(" ")[0];
const isStanding = (place: string | null | undefined) =>
  Math.abs(Date.now() - Number(place?.split(" ")[1])) < STANDS_MS;

/** One page's place in its call. Where the browser keeps nothing, no page knows of another. */
export class Holder {
  readonly id = crypto.randomUUID();
  private key: string | undefined;
  /** The page that this one was before, until this one has come in. */
  private before: string | undefined;
  /** Whoever the call may be taken from; they may be in it still. */
  private from: string | undefined;
  private renewing: ReturnType<typeof setInterval> | undefined;
  private sinceMs = -Infinity;

  constructor(private readonly onTaken: () => void = () => undefined) {}

  /**
   * Before this page comes into a call. Unasked it takes it from no page but the one that it was
   * before, of which a duplicated tab was as well. Throws where another page has the call: then
   * no microphone is opened that nobody would hear.
   */
  seek({ sessionId, holder }: Pick<KeptTicket, "sessionId" | "holder">, isAsked: boolean): void {
    this.key = PREFIX + sessionId;
    this.before = holder;
    // A frozen tab, which does not count, may thaw and write its place while this one comes in.
    this.from = isAsked ? idOf(this.place()) : holder;
    this.look();
  }

  /** Throws where another page has come in since this one began to look for the call. */
  look(): void {
    if (this.isTaken) throw new TakenElsewhereError();
  }

  /** The page of this tab that was in the call last: one that is still looking for it was not. */
  get last(): string {
    return this.before ?? this.id;
  }

  /** This page is in it. */
  take(): void {
    tryStorage("localStorage", (storage) => {
      for (const [key, place] of Object.entries(storage))
        if (key.startsWith(PREFIX) && !isStanding(String(place))) storage.removeItem(key);
    });
    this.from = undefined;
    this.before = undefined;
    this.sinceMs = performance.now();
    this.write();
    this.onTaken();
    clearInterval(this.renewing);
    // One that has been frozen does not know yet who has come since.
    this.renewing = setInterval(() => this.isTaken || this.write(), RENEW_MS);
  }

  /** Whoever leaves a call, or whose page goes, keeps nobody out of it. */
  release(): void {
    clearInterval(this.renewing);
    const { key } = this;
    if (key === undefined || this.read() !== this.id) return;
    tryStorage("localStorage", (storage) => storage.removeItem(key));
  }

  /** Another page has come in since, and is in it still. */
  get isTaken(): boolean {
    const holder = this.read();
    return holder !== undefined && holder !== this.id && holder !== this.from;
  }

  /** It has only just come in, and no page since: two that come at once push each other out. */
  get isNewest(): boolean {
    return this.read() === this.id && performance.now() - this.sinceMs < STANDS_MS;
  }

  private write(): void {
    const { key, id } = this;
    if (key === undefined) return;
    tryStorage("localStorage", (storage) => storage.setItem(key, `${id} ${Date.now()}`));
  }

  private read(): string | undefined {
    const place = this.place();
    return isStanding(place) ? idOf(place) : undefined;
  }

  private place(): string | null | undefined {
    const { key } = this;
    if (key === undefined) return undefined;
    return tryStorage("localStorage", (storage) => storage.getItem(key));
  }
}

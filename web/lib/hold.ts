/** A press that is shorter is a click, and leaves the microphone on. */
const HOLD_MS = 350;

/** The space bar, the button under a finger or mouse, and the button by the keyboard. */
type Source = "key" | "pointer" | "focus";

/** The microphone that is held open. */
export interface Held {
  isOn: boolean;
  /** There is one to unmute. */
  isThere: boolean;
  /** Ends when it is on, or could not be turned on. */
  turnOn: () => Promise<void>;
  turnOff: () => void;
}

/** A muted microphone is on for as long as something is held. */
export class Hold {
  private readonly sources = new Set<Source>();
  private pressedMs = 0;
  private turningOn = Promise.resolve();

  has(source: Source): boolean {
    return this.sources.has(source);
  }

  /** Returns whether it is held by this now; what is on already cannot be. */
  press(source: Source, { isOn, isThere, turnOn }: Held): boolean {
    const isHeld = this.sources.size > 0;
    if (!isHeld && (isOn || !isThere)) return false;
    this.sources.add(source);
    if (isHeld) return true;
    this.pressedMs = performance.now();
    this.turningOn = turnOn();
    return true;
  }

  release(source: Source, held: Held): void {
    if (!this.sources.delete(source) || this.sources.size > 0) return;
    const isClick = source !== "key" && performance.now() - this.pressedMs < HOLD_MS;
    if (!isClick) this.letGo(held);
  }

  /** Whatever holds it holds it no more. */
  drop(held: Held): void {
    if (this.sources.size === 0) return;
    this.sources.clear();
    this.letGo(held);
  }

  private letGo({ turnOff }: Held): void {
    turnOff();
    // A device that takes its time comes on after it was let go.
    void this.turningOn.then(() => {
      if (this.sources.size === 0) turnOff();
    });
  }
}

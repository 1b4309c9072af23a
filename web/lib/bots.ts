/** The bots of one call, one after the other. All have one identity, and each a job of its own. */
export class Bots {
  private current: string | undefined;
  private readonly former = new Set<string>();
  private readonly listeners = new Set<() => void>();

  /** Called whenever another bot has taken the place of the one before; returns the way to stop that. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Notes which one is there, or has just said something. One that was replaced does not come back. */
  see(job: string): void {
    if (job === this.current || this.former.has(job)) return;
    const before = this.current;
    this.current = job;
    if (before === undefined) return;
    this.former.add(before);
    for (const listener of this.listeners) listener();
  }

  /** Whose a message is that arrives now; one without a mark is of the bot that is there. */
  senderOf(mark: string | undefined): string | undefined {
    return mark ?? this.current;
  }

  /** Whether that was said by one whose place another has by now; it is told only now. */
  isLate(sender: string | undefined): boolean {
    if (sender === undefined) return false;
    this.see(sender);
    return this.former.has(sender);
  }
}

/** Sends one after the other, so that what was wanted last also arrives last. */

/** What is wanted while another one is under way waits for it; only the newest of those is sent. */
export class NewestLast<Wish> {
  private waiting: { wish: Wish } | undefined;
  private isSending = false;

  constructor(
    private readonly send: (wish: Wish) => Promise<void>,
    /** Told of the one that counts, with nothing newer behind it. */
    private readonly onSettled: (wish: Wish, isSent: boolean) => void,
  ) {}

  want(wish: Wish): void {
    this.waiting = { wish };
    if (!this.isSending) void this.sendAll();
  }

  private async sendAll(): Promise<void> {
    this.isSending = true;
    while (this.waiting) {
      const { wish } = this.waiting;
      this.waiting = undefined;
      const isSent = await this.isTaken(wish);
      if (!this.waiting) this.onSettled(wish, isSent);
    }
    this.isSending = false;
  }

  private async isTaken(wish: Wish): Promise<boolean> {
    try {
      await this.send(wish);
      return true;
    } catch {
      return false;
    }
  }
}

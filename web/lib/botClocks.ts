/** Two bots may be on two computers, and the clock of each may be set anew. */

/** Less is what two ways of sending differ by. */
const LEAST_STEP_MS = 250;

/** LiveKit's protocol has 0 where a sender does not say. */
export const isStamp = (ms: number | undefined): ms is number => ms !== undefined && ms > 0;

/** The clocks of the bots of one call, as one that does not go back. */
export class BotClocks {
  private newestMs = -Infinity;
  private readonly behindMs = new Map<string | undefined, number>();

  /**
   * How much is to be added to each time that a bot tells with this message.
   *
   * @param sentMs When it was sent, by its own clock; what one bot sends arrives in that order.
   */
  behind(sender: string | undefined, sentMs: number): number {
    const known = this.behindMs.get(sender) ?? 0;
    if (!isStamp(sentMs)) return known;
    const missingMs = this.newestMs - (sentMs + known);
    const behindMs = missingMs > LEAST_STEP_MS ? known + missingMs : known;
    this.behindMs.set(sender, behindMs);
    this.newestMs = Math.max(this.newestMs, sentMs + behindMs);
    return behindMs;
  }
}

/** Takes what a stream still brings and keeps none of it: what nobody reads piles up in memory. */
export async function drain(rest: AsyncIterable<unknown>): Promise<undefined> {
  try {
    for await (const chunk of rest) void chunk;
  } catch {
    // It broke off; nothing of it was wanted.
  }
}

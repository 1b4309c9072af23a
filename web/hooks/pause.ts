export const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits, but not once the network is back: then there is nothing to wait for. Rejects on abort. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      window.removeEventListener("online", go);
      signal.removeEventListener("abort", giveUp);
    };
    const go = () => {
      stop();
      resolve();
    };
    const giveUp = () => {
      stop();
      reject(signal.reason as Error);
    };
    const timer = setTimeout(go, ms);
    window.addEventListener("online", go);
    signal.addEventListener("abort", giveUp);
  });
}

/** What comes in time, or the reason of the abort; what was begun goes on all the same. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let giveUp: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    giveUp = () => reject(signal.reason as Error);
    signal.addEventListener("abort", giveUp);
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

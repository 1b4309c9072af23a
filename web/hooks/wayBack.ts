import type { HeldSession } from "@/hooks/heldSession";
import { pause } from "@/hooks/pause";
import { isAtDoor, isGuess } from "@/lib/door";
import { failureOf, VoiceUnreachableError } from "@/lib/failure";
import type { Holder } from "@/lib/holder";
import { isRefused, pauseMs, type Resumed, resumeSession, TakenElsewhereError } from "@/lib/resume";

/**
 * What proxies show while their server is away looks as their page for signing in does: only one that
 * stays so long is taken for that. Our choice: it costs who has to sign in no more than a few tries.
 */
const GUESS_MS = 10_000;

interface WayBack {
  apiUrl: string;
  held: HeldSession;
  holder: Holder;
  signal: AbortSignal;
}

/** Tries to get back into a call, ever more rarely, until it is in, is refused, or time is up; takes it from no tab. */
export async function findWayBack(
  { apiUrl, held, holder, signal }: WayBack,
  enter: (resumed: Resumed) => Promise<void>,
): Promise<void> {
  // A clock that stands still while the computer sleeps: then too there is time for an answer.
  const untilMs = performance.now() + held.resumeMs;
  let guessedMs: number | undefined;
  for (let attempt = 0; ; attempt++) {
    const { ticket } = held;
    if (!ticket) throw new VoiceUnreachableError("There is no way back.");
    try {
      holder.look();
      const resumed = await resumeSession({ apiUrl, ...ticket, signal });
      // A page that was frozen reads its answer only now.
      holder.look();
      await enter(resumed);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TakenElsewhereError) throw error;
      if (isRefused(error)) held.drop();
      const nowMs = performance.now();
      const leftMs = untilMs - nowMs;
      guessedMs = isGuess(error) ? (guessedMs ?? nowMs) : undefined;
      const isPassing = guessedMs !== undefined && nowMs - guessedMs < GUESS_MS;
      const isFinal = isRefused(error) || (isAtDoor(failureOf(error).code) && !isPassing);
      if (isFinal || leftMs <= 0) throw error;
      await pause(Math.min(pauseMs(attempt, error), leftMs), signal);
    }
  }
}

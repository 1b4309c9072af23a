import type { HeldSession } from "@/hooks/heldSession";
import { pause } from "@/hooks/pause";
import { isAtDoor } from "@/lib/door";
import { failureOf, VoiceUnreachableError } from "@/lib/failure";
import { isRefused, pauseMs, type Resumed, resumeSession } from "@/lib/resume";

interface WayBack {
  apiUrl: string;
  held: HeldSession;
  signal: AbortSignal;
}

/** Tries to get back into a call, ever more rarely, until it is in, is refused, or time is up. */
export async function findWayBack(
  { apiUrl, held, signal }: WayBack,
  enter: (resumed: Resumed) => Promise<void>,
): Promise<void> {
  // A clock that stands still while the computer sleeps: then too there is time for an answer.
  const untilMs = performance.now() + held.resumeMs;
  for (let attempt = 0; ; attempt++) {
    const { ticket } = held;
    if (!ticket) throw new VoiceUnreachableError("There is no way back.");
    try {
      await enter(await resumeSession({ apiUrl, ...ticket, signal }));
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (isRefused(error)) held.drop();
      const leftMs = untilMs - performance.now();
      const isFinal = isRefused(error) || isAtDoor(failureOf(error).code);
      if (isFinal || leftMs <= 0) throw error;
      await pause(Math.min(pauseMs(attempt, error), leftMs), signal);
    }
  }
}

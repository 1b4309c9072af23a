/** What the server knows of a session: whether it has ended, and why. */

import type { Session } from "@/lib/api";
import { get, isRecord } from "@/lib/http";

/** What waits for it has something to say all the same. */
const LIMIT_MS = 3_000;

export interface SessionState {
  isEnded: boolean;
  reason: string | undefined;
}

/** Undefined where the server does not say. Never throws: it is asked only to know better. */
export async function stateOf(apiUrl: string, session: Session): Promise<SessionState | undefined> {
  try {
    const { body } = await get(`${apiUrl}/api/sessions/${encodeURIComponent(session.session_id)}`, {
      headers: { Authorization: `Bearer ${session.participant_token}` },
      limitMs: LIMIT_MS,
    });
    if (!isRecord(body) || typeof body.state !== "string") return undefined;
    const reason = typeof body.reason === "string" ? body.reason : undefined;
    return { isEnded: body.state === "ended", reason };
  } catch {
    // Unreachable, refused or not ours: each means that nobody says.
    return undefined;
  }
}

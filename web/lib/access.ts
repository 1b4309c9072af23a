/** The door: a key, or an invite from a link that ends with `#invite=TOKEN`, becomes a cookie. */

import { apiErrorFrom, UnreachableError } from "@/lib/http";

const INVITE_FRAGMENT = /^#invite=([\w.-]{1,512})$/;
const REQUEST_TIMEOUT_MS = 10_000;

export function inviteOf(fragment: string): string | undefined {
  return INVITE_FRAGMENT.exec(fragment)?.[1];
}

/** Throws what the API says against it. The cookie it answers with, no script can read. */
export async function showKey(apiUrl: string, key: string, signal?: AbortSignal): Promise<void> {
  const limit = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  let response: Response;
  try {
    response = await fetch(`${apiUrl}/api/access`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ key }),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new UnreachableError("The server did not answer.", { cause: error });
  }
  if (!response.ok) throw await apiErrorFrom(response);
}

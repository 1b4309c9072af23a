/** The door: a key, or an invite from a link that ends with `#invite=TOKEN`, becomes a cookie. */

import { isEmbedded } from "@/lib/embedded";
import { post } from "@/lib/http";

const INVITE_FRAGMENT = /^#invite=([\w.-]{1,512})$/;

export function inviteOf(fragment: string): string | undefined {
  return INVITE_FRAGMENT.exec(fragment)?.[1];
}

/** Throws what the API says against it. The cookie it answers with, no script can read. */
export async function showKey(apiUrl: string, key: string, signal?: AbortSignal): Promise<void> {
  await post(`${apiUrl}/api/access`, { body: { key }, signal });
  if (isEmbedded()) shown = key;
}

/** In a page of another site browsers keep no cookie of ours: there it is told with each request. */
let shown: string | undefined;

export function accessHeaders(): Record<string, string> {
  return shown === undefined ? {} : { Authorization: `Bearer ${shown}` };
}

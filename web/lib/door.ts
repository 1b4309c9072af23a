/** Refusals of who may call, and what they mean for a call that is on. */

import type { FailureCode } from "@/lib/failure";
import { ApiError } from "@/lib/http";

/** Refusals that a key would mend: the page asks for it. */
export function asksForKey(code: string): code is "key_needed" | "wrong_key" {
  return code === "key_needed" || code === "wrong_key";
}

/** Refusals of callers who are not known, and find their call again once they are. */
export function asksWho(code: FailureCode): boolean {
  return asksForKey(code) || code === "sign_in_needed";
}

/** Time mends none of them. */
export function isAtDoor(code: FailureCode): boolean {
  return asksWho(code) || code.startsWith("invite_");
}

/** Refusals of what the link holds: another try with it would be refused as well. */
export function isLinkSpent(code: FailureCode): boolean {
  return code === "join_link_used" || (code.startsWith("invite_") && code !== "invite_needed");
}

/** Only guessed at: a page in place of the answer, or the way to one, may also be in passing. */
export function isGuess(error: unknown): boolean {
  return error instanceof ApiError && (error.code === "http_0" || error.code === "http_200");
}

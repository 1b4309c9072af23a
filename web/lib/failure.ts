/** Why a call could not start or go on, and how an error becomes one of these. */

import { ApiError, UnreachableError } from "@/lib/http";

export const FAILURE_CODES = [
  "no_microphone",
  "permission_denied",
  "permission_dismissed",
  "system_blocked",
  "microphone_busy",
  "insecure_context",
  "frame_blocked",
  "no_media",
  "browser_old",
  "server_unreachable",
  "voice_unreachable",
  "at_capacity",
  "draining",
  "paused",
  "daily_budget",
  "rate_limited",
  "join_link_used",
  "session_forgotten",
  "session_live",
  "key_needed",
  "wrong_key",
  "access_slowed",
  "sign_in_needed",
  "invite_needed",
  "invite_unknown",
  "invite_used_up",
  "invite_expired",
  "invite_revoked",
  "bot_absent",
  "bot_left",
  "connection_lost",
  "unexpected",
] as const;

export type FailureCode = (typeof FAILURE_CODES)[number];

export interface Failure {
  code: FailureCode;
  retryAfterSecs?: number | undefined;
}

/** The room could not be reached although the API answered. */
export class VoiceUnreachableError extends Error {
  override readonly name = "VoiceUnreachableError";
}

const BY_API_CODE: Readonly<Record<string, FailureCode>> = {
  at_capacity: "at_capacity",
  draining: "draining",
  paused: "paused",
  daily_budget: "daily_budget",
  rate_limited: "rate_limited",
  join_link_used: "join_link_used",
  session_forgotten: "session_forgotten",
  session_live: "session_live",
  key_needed: "key_needed",
  wrong_key: "wrong_key",
  access_slowed: "access_slowed",
  sign_in_needed: "sign_in_needed",
  // Not in our words: of a proxy that signs people in, by a refusal, by sending them to its page (of
  // which no script is told the status), or by showing that page at once.
  http_401: "sign_in_needed",
  http_0: "sign_in_needed",
  http_200: "sign_in_needed",
  invite_needed: "invite_needed",
  invite_unknown: "invite_unknown",
  invite_used_up: "invite_used_up",
  invite_expired: "invite_expired",
  invite_revoked: "invite_revoked",
  livekit_unreachable: "voice_unreachable",
  store_unreachable: "server_unreachable",
};

/** Names of DOMExceptions from getUserMedia, and of our own errors. */
const BY_ERROR_NAME: Readonly<Record<string, FailureCode>> = {
  NotFoundError: "no_microphone",
  OverconstrainedError: "no_microphone",
  NotAllowedError: "permission_denied",
  SecurityError: "permission_denied",
  NotReadableError: "microphone_busy",
  AbortError: "microphone_busy",
  DismissedError: "permission_dismissed",
  SystemBlockedError: "system_blocked",
  InsecureContextError: "insecure_context",
  FrameBlockedError: "frame_blocked",
  NoMediaError: "no_media",
  BrowserOldError: "browser_old",
  VoiceUnreachableError: "voice_unreachable",
};

export function failureOf(error: unknown): Failure {
  if (error instanceof ApiError) {
    return { code: BY_API_CODE[error.code] ?? "unexpected", retryAfterSecs: error.retryAfterSecs };
  }
  if (error instanceof UnreachableError) return { code: "server_unreachable" };
  return { code: BY_ERROR_NAME[nameOf(error)] ?? "unexpected" };
}

/** What the server does not take for ours is as good as forgotten: another try is refused as well. */
export function continuingFailureOf(error: unknown): Failure {
  const isRefused =
    error instanceof ApiError && (error.code === "unauthorized" || error.code === "forbidden");
  return isRefused ? { code: "session_forgotten" } : failureOf(error);
}

/** A DOMException is not an Error everywhere, but always has a name. */
export function nameOf(error: unknown): string {
  const hasName = typeof error === "object" && error !== null && "name" in error;
  return hasName ? String(error.name) : "";
}

const OF_MICROPHONE: ReadonlySet<FailureCode> = new Set([
  "no_microphone",
  "permission_denied",
  "permission_dismissed",
  "system_blocked",
  "microphone_busy",
  "insecure_context",
  "frame_blocked",
  "no_media",
]);

/** The person may change their mind in the browser's own settings, of which the page is told. */
export function isUnpermitted(code: FailureCode | undefined): boolean {
  return code === "permission_denied" || code === "permission_dismissed";
}

/** Only these can be got round by typing instead of talking. */
export function isMicrophoneFailure(code: FailureCode): boolean {
  return OF_MICROPHONE.has(code);
}

const PASSING: ReadonlySet<FailureCode> = new Set([
  "at_capacity",
  "draining",
  "rate_limited",
  "access_slowed",
]);

/** Refusals that time will heal; the server may say how long. */
export function isPassing(code: FailureCode): boolean {
  return PASSING.has(code);
}

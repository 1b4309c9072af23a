/** What a way back that leads nowhere means for the call. */

import type { CallEvent } from "@/lib/call";
import { parseEndReason } from "@/lib/conventions";
import { isAtDoor } from "@/lib/door";
import { failureOf } from "@/lib/failure";
import type { ApiError } from "@/lib/http";
import { isRefused, TakenElsewhereError } from "@/lib/resume";

export function lossOf(error: unknown): CallEvent {
  if (error instanceof TakenElsewhereError) return { type: "taken_elsewhere" };
  if (isRefused(error)) return { type: "closed", ending: endingOf(error) };
  const failure = failureOf(error);
  if (isAtDoor(failure.code)) return { type: "failed", failure };
  return { type: "failed", failure: { code: "connection_lost" } };
}

function endingOf({ code, reason }: ApiError) {
  if (code !== "session_gone") return "not_found";
  const ending = parseEndReason(reason);
  // To the server nobody was there; the person did not leave.
  return ending === "ended" || ending === "caller_left" ? "away" : ending;
}

/** Ways out of refusals that another try in this page would not change. */

import type { FailureCode } from "@/lib/failure";
import { invitationIn } from "@/lib/invitation";
import { isKeptHereAlone } from "@/lib/ticket";

function openSecurePage(): void {
  window.location.protocol = "https:";
}

/** The same assistant, where nothing is around it. */
function openOwnTab(): void {
  window.open(`/${invitationIn(window.location.hash)}`, "_blank", "noopener");
}

const WAYS_OUT: Partial<Record<FailureCode, () => void>> = {
  insecure_context: openSecurePage,
  frame_blocked: openOwnTab,
  // Who signs in does so before they get a page, and the new one finds the call.
  sign_in_needed: () => window.location.reload(),
};

/** Undefined where the page itself tries again. */
export function wayOut(code: FailureCode): (() => void) | undefined {
  // A new page would not find the call; who has signed in elsewhere meanwhile is let in here.
  return code === "sign_in_needed" && isKeptHereAlone() ? undefined : WAYS_OUT[code];
}

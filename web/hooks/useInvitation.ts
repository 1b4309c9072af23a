import { useSyncExternalStore } from "react";

import { invitationIn } from "@/lib/invitation";

function subscribe(onChange: () => void): () => void {
  window.addEventListener("hashchange", onChange);
  return () => window.removeEventListener("hashchange", onChange);
}

const invitation = () => invitationIn(window.location.hash);

/**
 * What the link that somebody was sent ends with, empty where the address is none: our own pages are
 * opened with it, as none of them could let in without. The page as served knows of none.
 */
export function useInvitation(): string {
  return useSyncExternalStore(subscribe, invitation, () => "");
}

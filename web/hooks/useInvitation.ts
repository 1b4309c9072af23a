import { useSyncExternalStore } from "react";

import { inviteOf } from "@/lib/access";
import { joinCodeOf } from "@/lib/joinLink";

function subscribe(onChange: () => void): () => void {
  window.addEventListener("hashchange", onChange);
  return () => window.removeEventListener("hashchange", onChange);
}

const isInvited = () => {
  const { hash } = window.location;
  return joinCodeOf(hash) !== undefined || inviteOf(hash) !== undefined;
};

/** Whether the address is a link that somebody was sent. The page as served knows of none. */
export function useInvitation(): boolean {
  return useSyncExternalStore(subscribe, isInvited, () => false);
}

import { useSyncExternalStore } from "react";

import { type KeptTicket, lastTicket } from "@/lib/ticket";

let known: KeptTicket | undefined;

/** The same object for the same ticket. */
function snapshot(): KeptTicket | undefined {
  const last = lastTicket();
  if (last?.ticket !== known?.ticket) known = last;
  return known;
}

const ofTheServer = () => undefined;
/** Only a call of this page brings another, and the end of a call is rendered anyway. */
const subscribe = () => () => undefined;

/**
 * The call of this tab that has ended and can be gone on with. It is there in the first frame after
 * a call: what came in the second would push away what one is about to press.
 */
export function useLast(): KeptTicket | undefined {
  return useSyncExternalStore(subscribe, snapshot, ofTheServer);
}

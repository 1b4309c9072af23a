import { useEffect, useState } from "react";

import type { CallState } from "@/lib/call";
import { lastTicket, type Ticket } from "@/lib/ticket";

/** The call of this tab that has ended and can be gone on with; a new phase may bring another. */
export function useLast(phase: CallState["phase"]): Ticket | undefined {
  const [last, setLast] = useState<Ticket>();
  useEffect(() => queueMicrotask(() => setLast(lastTicket())), [phase]);
  return last;
}

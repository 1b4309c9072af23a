/** What the caller thought of a call, told to whoever runs the assistant. */

import { accessHeaders } from "@/lib/access";
import { post } from "@/lib/http";
import type { Ticket } from "@/lib/ticket";

export interface Opinion {
  isGood: boolean;
  /** In the caller's words; the server takes so many characters. */
  comment: string;
}

interface Rating extends Opinion {
  apiUrl: string;
  /** Of the call. */
  ticket: Ticket;
}

export const MAX_COMMENT_CHARS = 500;

/** The newest counts. Throws what the server, or the network, says against it. */
export async function sendRating({ apiUrl, ticket, isGood, comment }: Rating): Promise<void> {
  await post(`${apiUrl}/api/sessions/${encodeURIComponent(ticket.sessionId)}/rating`, {
    headers: accessHeaders(),
    body: { resume_ticket: ticket.ticket, is_good: isGood, comment: comment.trim() },
    // A thumb is often the last thing before the tab is closed.
    isLasting: true,
  });
}

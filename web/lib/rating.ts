/** What the caller thought of a call, told to whoever runs the assistant. */

import { accessHeaders } from "@/lib/access";
import { post } from "@/lib/http";
import { NewestLast } from "@/lib/newestLast";
import type { Ticket } from "@/lib/ticket";

interface Opinion {
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
async function sendRating({ apiUrl, ticket, isGood, comment }: Rating): Promise<void> {
  await post(`${apiUrl}/api/sessions/${encodeURIComponent(ticket.sessionId)}/rating`, {
    headers: accessHeaders(),
    body: { resume_ticket: ticket.ticket, is_good: isGood, comment: comment.trim() },
    // A thumb is often the last thing before the tab is closed.
    isLasting: true,
  });
}

interface Rated {
  isGood?: boolean | undefined;
  /** A change of mind keeps it. */
  comment: string;
  /** How the newest was taken; undefined while that is not known. */
  answer?: "thanks" | "unsent" | undefined;
  /** The comment has arrived. */
  isTold: boolean;
}

/** What is said of one call: it stands for as long as that call is the last one. */
export class CallRating {
  private rated: Rated = { comment: "", isTold: false };
  private readonly listeners = new Set<() => void>();
  private readonly sender: NewestLast<Opinion>;

  constructor(apiUrl: string, ticket: Ticket) {
    const send = (opinion: Opinion) => sendRating({ apiUrl, ticket, ...opinion });
    this.sender = new NewestLast(send, ({ comment }, isSent) => {
      if (isSent) this.become({ answer: "thanks", ...(comment !== "" && { isTold: true }) });
      else this.become({ answer: "unsent", isGood: undefined });
    });
  }

  readonly read = (): Rated => this.rated;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  tell(isGood: boolean, comment = this.rated.comment): void {
    this.become({ isGood, comment, answer: undefined });
    this.sender.want({ isGood, comment });
  }

  private become(changed: Partial<Rated>): void {
    this.rated = { ...this.rated, ...changed };
    for (const listener of this.listeners) listener();
  }
}

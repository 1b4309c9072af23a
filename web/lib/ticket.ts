/** What one tab remembers of its call, so that it finds the way back after a reload. */

import { isRecord } from "@/lib/http";

export type KeptMicrophone = "on" | "muted" | "none";

/** The right to come back into one call. */
export interface Ticket {
  sessionId: string;
  ticket: string;
}

export interface KeptTicket extends Ticket {
  /** Who was muted comes back muted. */
  microphone: KeptMicrophone;
  /** Another tab has the call; this one takes it back only when it is asked to. */
  isElsewhere: boolean;
}

const TICKET_KEY = "parley.call";

/** Undefined where the browser keeps nothing; the getter itself throws there. */
function storage(): Storage | undefined {
  try {
    return window.sessionStorage;
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

/** Whether it is kept; a browser may refuse. */
export function keepTicket(ticket: KeptTicket): boolean {
  try {
    storage()?.setItem(TICKET_KEY, JSON.stringify(ticket));
    return keptTicket() !== undefined;
  } catch (error) {
    if (error instanceof DOMException) return false;
    throw error;
  }
}

export function forgetTicket(): void {
  storage()?.removeItem(TICKET_KEY);
}

/** What is kept, or undefined if it is nothing or cannot be read. */
export function keptTicket(): KeptTicket | undefined {
  const text = storage()?.getItem(TICKET_KEY);
  return text ? parseTicket(text) : undefined;
}

function parseTicket(text: string): KeptTicket | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (!isRecord(value)) return undefined;
  const { sessionId, ticket, microphone, isElsewhere } = value;
  if (typeof sessionId !== "string" || typeof ticket !== "string") return undefined;
  const known = microphone === "on" || microphone === "muted" ? microphone : "none";
  return { sessionId, ticket, microphone: known, isElsewhere: isElsewhere === true };
}

/** What one tab remembers of its call, so that it finds the way back after a reload. */

import { isRecord } from "@/lib/http";
import { Memory } from "@/lib/storage";

export type KeptMicrophone = "on" | "muted" | "none";

/** The right to come back into one call, and to go on with it after its end. */
export interface Ticket {
  sessionId: string;
  ticket: string;
  /** Something was said in it, and is kept. */
  isContinuable: boolean;
}

export interface KeptTicket extends Ticket {
  /** Who was muted comes back muted; who typed goes on typing. */
  microphone: KeptMicrophone;
  /** Another tab has the call; this one takes it back only when it is asked to. */
  isElsewhere: boolean;
  /** The page of this tab that was in the call last. */
  holder?: string | undefined;
}

const TICKET_KEY = "parley.call";
/** Of the call that has ended. Not beyond the tab: others may use this browser too. */
const LAST_KEY = "parley.last";

const memory = new Memory("sessionStorage");

/** Whether it outlives the page; a browser may refuse. */
export function keepTicket(ticket: KeptTicket): boolean {
  return keep(TICKET_KEY, ticket);
}

/** There is a way back that is lost with the page. */
export const isKeptHereAlone = () => memory.isHereAlone(TICKET_KEY);

export const forgetTicket = () => memory.forget(TICKET_KEY);

/** What is kept, or undefined if it is nothing or cannot be read. */
export function keptTicket(): KeptTicket | undefined {
  return read(TICKET_KEY);
}

/** Remembers the call that has ended, if it can be gone on with. */
export function keepLast(ticket: KeptTicket): void {
  if (ticket.isContinuable) keep(LAST_KEY, ticket);
}

export const forgetLast = () => memory.forget(LAST_KEY);

/** The call that has ended and can be gone on with. */
export function lastTicket(): KeptTicket | undefined {
  return read(LAST_KEY);
}

function keep(key: string, ticket: KeptTicket): boolean {
  return memory.keep(key, JSON.stringify(ticket));
}

function read(key: string): KeptTicket | undefined {
  const text = memory.read(key);
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
  const { sessionId, ticket, microphone, isElsewhere, isContinuable, holder } = value;
  if (typeof sessionId !== "string" || typeof ticket !== "string") return undefined;
  const known = microphone === "on" || microphone === "muted" ? microphone : "none";
  return {
    sessionId,
    ticket,
    microphone: known,
    isElsewhere: isElsewhere === true,
    isContinuable: isContinuable === true,
    holder: typeof holder === "string" ? holder : undefined,
  };
}

/** The conversation as one list: a pure fold over the events of both sides and of the tools. */

import { type Caption, type CaptionEvent, captionReducer } from "@/lib/captions";
import { addKept, isAgain } from "@/lib/keptCaptions";
import { botChanged, callEnded, formerTold, unasked } from "@/lib/leaving";
import { isCaption, placed, replaced, without } from "@/lib/places";
import { shownText } from "@/lib/question";
import type { KeptCaption } from "@/lib/resume";
import type { TurnEvent } from "@/lib/sessionEvents";
import { isTold, type ToolCall, type ToolEvent, toolReducer } from "@/lib/toolCalls";
import { withCall } from "@/lib/toolEntries";
import { withTurn } from "@/lib/turns";
import { withDoubts, withoutDoubts } from "@/lib/typedLines";
import type { Wait } from "@/lib/wait";

/** When something happened. */
export interface Times {
  /** By the clock of this computer. */
  atMs?: number | undefined;
  /** By the bot's clock, which orders what arrives late. */
  botMs?: number | undefined;
}

/** A question stays where it was asked; what became of it is told where that happened. */
export type Entry = Times & {
  /** When it was over. */
  endMs?: number | undefined;
  /** How long the caller waited for it, where the bot has measured that. */
  wait?: Wait | undefined;
} & ({ kind: "caption"; caption: Caption } | { kind: "question" | "tool"; call: ToolCall });

export interface Transcript {
  entries: readonly Entry[];
  /** Calls of which there is nothing to show yet are among them. */
  calls: readonly ToolCall[];
  /** How long the bot waited after the caller's last turn, to be sure that it was over. */
  endOfTurnSecs?: number | undefined;
  /** The bot tells of the turns it has taken. */
  hasTurns?: boolean | undefined;
}

/** `isFormer`: it was told by a bot whose place another one has taken. */
export type TranscriptEvent = Times & { isFormer?: boolean | undefined } & (
    | CaptionEvent
    | ToolEvent
    | TurnEvent
    | { type: "kept"; captions: readonly KeptCaption[] }
    | { type: "line_lost" | "line_back" | "bot_changed" | "call_ended" }
    | { type: "tool_unasked"; id: string }
    | { type: "cleared" }
  );

export const EMPTY_TRANSCRIPT: Transcript = { entries: [], calls: [] };

/** An hour of talk is a few hundred; beyond this the oldest go. */
const MAX_ENTRIES = 600;
const MAX_CALLS = 200;

export function transcriptReducer(transcript: Transcript, event: TranscriptEvent): Transcript {
  const next = fold(transcript, event);
  return event.isFormer ? formerTold(next, event) : next;
}

function fold(transcript: Transcript, event: TranscriptEvent): Transcript {
  const { entries } = transcript;
  switch (event.type) {
    case "cleared":
      return EMPTY_TRANSCRIPT;
    case "kept":
      return { ...transcript, entries: addKept(entries, event.captions).slice(-MAX_ENTRIES) };
    case "line_lost":
      return { ...transcript, entries: withDoubts(transcript, event.atMs ?? 0) };
    case "line_back":
      return { ...transcript, entries: withoutDoubts(entries) };
    case "call_ended":
      return callEnded(transcript, event);
    case "bot_changed":
      return botChanged(transcript, event);
    case "tool_unasked":
      return unasked(transcript, event);
    case "text":
    case "closed":
    case "typed":
    case "typed_sent":
    case "typed_unsent":
      return { ...transcript, entries: withCaption(transcript, event).slice(-MAX_ENTRIES) };
    case "turn_added":
      return withTurn(transcript, event);
    default:
      return withTool(transcript, event);
  }
}

/** What there is to see, in its order. */
export function shownEntries({ entries }: Transcript): Entry[] {
  return entries.filter((entry) => {
    if (entry.kind === "caption") return shownText(entry.caption) !== "";
    return entry.kind === "question" ? entry.call.name !== "" : isTold(entry.call);
  });
}

/** The call that waits for the caller's yes; the bot asks one question at a time. */
export function askingCall({ calls }: Transcript): ToolCall | undefined {
  return calls.findLast(({ name, status }) => status === "confirming" && name !== "");
}

type StampedCaptionEvent = CaptionEvent & Times & { isFormer?: boolean | undefined };
type StampedToolEvent = ToolEvent & Times;

function withCaption({ entries, calls }: Transcript, event: StampedCaptionEvent): readonly Entry[] {
  const known = entries.find((entry) => isCaption(entry, event.id));
  const before = known?.kind === "caption" ? known.caption : undefined;
  const after = captionReducer(before, event);
  if (!after || after === before) return entries;
  const question = calls.findLast(({ status }) => status === "confirming")?.question;
  const isOfAsking = after.side === "bot" && event.type === "text" && !event.isFormer;
  const caption = isOfAsking && question !== undefined ? { ...after, question } : after;
  const isOver = caption.status === "final" || caption.status === "interrupted";
  const times = known ?? { atMs: event.atMs, botMs: event.botMs };
  const endMs = known?.endMs ?? (isOver ? event.atMs : undefined);
  const entry: Entry = { ...times, kind: "caption", caption, endMs };
  // What is sent again is said again.
  if (event.type === "typed") return placed(without(entries, known), entry);
  if (known) return replaced(entries, known, entry);
  const last = entries.findLast((other) => other.kind === "caption");
  // What was being said when the page went comes again, whole, under its own id.
  return last && isAgain(last.caption, caption)
    ? replaced(entries, last, { ...entry, ...timesOf(last, entry) })
    : placed(entries, entry);
}

const timesOf = (first: Entry, then: Entry): Times => ({
  atMs: first.atMs ?? then.atMs,
  botMs: first.botMs ?? then.botMs,
});

function withTool(transcript: Transcript, event: StampedToolEvent): Transcript {
  const { entries, calls } = transcript;
  const known = calls.find(({ id }) => id === event.id);
  const call = toolReducer(known, event);
  const newCalls = known
    ? calls.map((other) => (other === known ? call : other))
    : [...calls, call].slice(-MAX_CALLS);
  return {
    ...transcript,
    calls: newCalls,
    entries: withCall(entries, call, event).slice(-MAX_ENTRIES),
  };
}

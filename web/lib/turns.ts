/** What the bot tells of a whole turn: when it was spoken, and how long the caller waited. */

import { isSame } from "@/lib/keptCaptions";
import type { TurnEvent } from "@/lib/sessionEvents";
import type { Entry, Times, Transcript } from "@/lib/transcript";
import { withTaken } from "@/lib/typedLines";
import { waitOf } from "@/lib/wait";

export function withTurn(transcript: Transcript, event: TurnEvent & Times): Transcript {
  const told = { ...transcript, hasTurns: true };
  return event.side === "caller" ? withCaller(told, event) : withReply(told, event);
}

/** What began longer ago than a turn takes, or in the future, was told by a clock that was set anew. */
const LONGEST_TURN_MS = 900_000;

/** The recogniser's words come late; the bot has heard when they were spoken. */
function withCaller(transcript: Transcript, event: TurnEvent & Times): Transcript {
  const { figures } = event;
  const entries = withTaken(transcript.entries, event.text);
  const said = entries.findLast((entry) => isSaid(entry, event));
  const { atMs = 0, botMs = atMs } = event;
  const local = (ms: number | undefined) => {
    if (ms === undefined || ms > botMs || botMs - ms > LONGEST_TURN_MS) return undefined;
    return ms + atMs - botMs;
  };
  const next = entries.map((entry) =>
    entry === said
      ? {
          ...entry,
          atMs: local(figures.startedMs) ?? entry.atMs,
          endMs: local(figures.stoppedMs) ?? entry.endMs,
        }
      : entry,
  );
  return { ...transcript, entries: next, endOfTurnSecs: figures.endOfTurnSecs };
}

function isSaid(entry: Entry, { side, text }: TurnEvent): boolean {
  return entry.kind === "caption" && isSame(entry.caption, { side, text });
}

/** The first words after the caller's are what was waited for; more of them may have followed. */
function withReply(transcript: Transcript, event: TurnEvent & Times): Transcript {
  const { entries, endOfTurnSecs } = transcript;
  const wait = waitOf(event.figures, endOfTurnSecs);
  const end = entries.findLastIndex((entry) => isHeard(entry, event));
  const since = entries
    .slice(0, end + 1)
    .findLastIndex((entry) => entry.kind === "caption" && entry.caption.side === "caller");
  const first = entries.find(
    (entry, place) => place > since && entry.kind === "caption" && entry.caption.side === "bot",
  );
  if (!wait || end < 0 || !first || first.wait) return transcript;
  const next = entries.map((entry) => (entry === first ? { ...entry, wait } : entry));
  return { ...transcript, entries: next };
}

/** Words are told a moment after they began to be heard. */
const EARLY_MS = 100;

function isHeard(entry: Entry, event: TurnEvent): boolean {
  if (entry.kind !== "caption" || entry.caption.side !== "bot") return false;
  const { startedMs } = event.figures;
  if (entry.botMs === undefined || startedMs === undefined) return isSaid(entry, event);
  return entry.botMs >= startedMs - EARLY_MS;
}

/** The conversation as a file: every line of it, in words and with its times. */

import { exactTimeIn } from "@/lib/formats";
import { shownText } from "@/lib/question";
import { inSecs, PRODUCT_NAME, type Texts, toolLine } from "@/lib/texts";
import { type Entry, shownEntries, type Transcript } from "@/lib/transcript";

export type RecordFormat = "md" | "json" | "srt";

export const MIME_TYPES: Record<RecordFormat, string> = {
  md: "text/markdown",
  json: "application/json",
  srt: "application/x-subrip",
};

interface RecordLine {
  who: "caller" | "bot" | "tool";
  text: string;
  isCut: boolean;
  isUnsent: boolean;
  /** Unknown of what was said before the page was loaded. */
  atMs: number | undefined;
  endMs: number | undefined;
  /** How long the caller waited for it. */
  waitSecs: number | undefined;
}

/** Subtitles end somewhere, also of what nobody has seen the end of. */
const UNSEEN_END_MS = 2_000;

export function recordAs(format: RecordFormat, transcript: Transcript, texts: Texts): string {
  const lines = shownEntries(transcript).map((entry) => lineOf(entry, texts));
  switch (format) {
    case "md":
      return markdown(lines, texts);
    case "json":
      return `${JSON.stringify(lines.map(plainLine), null, 2)}\n`;
    case "srt":
      return subtitles(lines, texts);
  }
}

/** Such as "parley-2026-10-08-1000.md". */
export function recordName(format: RecordFormat, atMs: number): string {
  const date = new Date(atMs);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}${two(date.getMinutes())}`;
  const name = PRODUCT_NAME.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");
  return `${name}-${day}-${time}.${format}`;
}

function lineOf(entry: Entry, texts: Texts): RecordLine {
  const { atMs, endMs, wait } = entry;
  const times = { atMs, endMs, waitSecs: wait?.secs };
  if (entry.kind === "caption") {
    const { side: who, status } = entry.caption;
    const isUnsent = status === "unsent" || status === "sending";
    const isCut = status === "interrupted";
    return { who, text: shownText(entry.caption), isCut, isUnsent, ...times };
  }
  const isQuestion = entry.kind === "question";
  const text = isQuestion ? entry.call.question : toolLine(texts, entry.call);
  return { who: isQuestion ? "bot" : "tool", text, isCut: false, isUnsent: false, ...times };
}

const speaker = (who: RecordLine["who"], { labels }: Texts) =>
  who === "caller" ? labels.caller : PRODUCT_NAME;

function markdown(lines: readonly RecordLine[], texts: Texts): string {
  const { labels, language, record, typed } = texts;
  const paragraphs = lines.map((line) => {
    // What was said is no markup.
    const text = line.text.replace(/([\\`*_[\]<>#|])/g, "\\$1").replaceAll("\n", "  \n");
    const marks = [line.isCut && labels.interrupted, line.isUnsent && typed.unsent].filter(Boolean);
    const said = [text, ...marks.map((mark) => `*(${mark})*`)].join(" ");
    const time = line.atMs === undefined ? "" : ` · ${exactTimeIn(language, line.atMs)}`;
    return line.who === "tool"
      ? `*${text}${durationOf(line, texts)}*`
      : `**${speaker(line.who, texts)}**${time}: ${said}`;
  });
  return [`# ${record.title(PRODUCT_NAME)}`, ...paragraphs].join("\n\n").concat("\n");
}

function durationOf({ atMs, endMs }: RecordLine, texts: Texts): string {
  if (atMs === undefined || endMs === undefined || endMs - atMs < 100) return "";
  return ` (${inSecs(texts, (endMs - atMs) / 1000)})`;
}

function plainLine(line: RecordLine) {
  const stamp = (ms: number | undefined) =>
    ms === undefined ? undefined : new Date(ms).toISOString();
  const { who, text, isCut, isUnsent, waitSecs } = line;
  return {
    who,
    text,
    ...(isCut ? { is_cut: true } : {}),
    ...(isUnsent ? { is_unsent: true } : {}),
    at: stamp(line.atMs),
    until: stamp(line.endMs),
    wait_secs: waitSecs,
  };
}

function subtitles(lines: readonly RecordLine[], texts: Texts): string {
  const timed = lines.flatMap((line) =>
    line.atMs === undefined ? [] : [{ ...line, atMs: line.atMs }],
  );
  const startMs = Math.min(...timed.map(({ atMs }) => atMs));
  const cues = timed
    .filter(({ who, isUnsent }) => who !== "tool" && !isUnsent)
    .sort((one, other) => one.atMs - other.atMs)
    .map((line, index) => {
      const endMs = Math.max(line.endMs ?? 0, line.atMs + 1) || line.atMs;
      const end = line.endMs === undefined ? line.atMs + UNSEEN_END_MS : endMs;
      const span = `${clock(line.atMs - startMs)} --> ${clock(end - startMs)}`;
      // An empty line would end the cue.
      const text = line.text.replace(/\n{2,}/g, "\n").replaceAll("-->", "→");
      return `${index + 1}\n${span}\n${speaker(line.who, texts)}: ${text}\n`;
    });
  return cues.join("\n");
}

/** Hours, minutes, seconds and milliseconds, as SubRip writes them. */
function clock(ms: number): string {
  const rest = Math.round(ms);
  const part = (value: number, digits: number) => String(value).padStart(digits, "0");
  const [secs, minutes] = [Math.floor(rest / 1000), Math.floor(rest / 60_000)];
  return `${part(Math.floor(minutes / 60), 2)}:${part(minutes % 60, 2)}:${part(secs % 60, 2)},${part(rest % 1000, 3)}`;
}

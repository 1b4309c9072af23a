/** Sentences that are put together: from the words of one language, and from what has happened. */

import type { Texts } from "@/lib/catalogues/en";
import type { Finding, OwnFinding } from "@/lib/check";
import { type Failure, type FailureCode, isPassing } from "@/lib/failure";
import { dayIn, numberIn, timeIn } from "@/lib/formats";
import { installation } from "@/lib/installation";
import type { NoticeCode } from "@/lib/microphoneSigns";
import { answerOf, startsAt, type ToolCall } from "@/lib/toolCalls";

export type { Texts };

export const PRODUCT_NAME = installation.name;

type ToolWords = Texts["tools"]["weather"];

type Named = Pick<ToolCall, "name" | "title">;

/** Ours are for tools that we know; of others the server may say what people read. */
function wordsOf(texts: Texts, { name, title }: Named): ToolWords | undefined {
  if (title) return undefined;
  const known: Readonly<Partial<Record<string, ToolWords>>> = texts.tools;
  return Object.hasOwn(known, name) ? known[name] : undefined;
}

/** What is being done. */
export function toolDoing(texts: Texts, tool: Named): string {
  return wordsOf(texts, tool)?.doing ?? texts.tool.doing(plainName(tool));
}

/** What a call has come to, in words. */
export function toolLine(texts: Texts, call: ToolCall): string {
  const answer = answerOf(call);
  const what = call.status === "cancelled" && answer === "no" ? "" : outcomeOf(texts, call);
  return [answer && texts.answers.said[answer], what].filter(Boolean).join(" · ");
}

function outcomeOf(texts: Texts, call: ToolCall): string {
  const { status, progress } = call;
  const words = wordsOf(texts, call);
  const plain = plainName(call);
  const what = words?.doing ?? plain;
  switch (status) {
    case "running":
    case "confirming":
      return progress === "" ? toolDoing(texts, call) : `${what} · ${progress}`;
    case "done":
      return bookedFor(texts, call) ?? words?.did ?? texts.tool.did(plain);
    case "failed":
      return words?.failed ?? texts.tool.failed(plain);
    case "cancelled":
      return words?.notDone ?? texts.tool.notDone(plain);
    case "unfinished": {
      const isUnanswered = call.question !== "" && !call.isConfirmed;
      return isUnanswered ? texts.tool.unanswered(what) : texts.tool.unfinished(what);
    }
  }
}

/** What came of it, with the time that the tool tells. */
function bookedFor(texts: Texts, call: ToolCall): string | undefined {
  const date = startsAt(call);
  if (date === undefined || call.title) return undefined;
  const [day, time] = [dayIn(texts.language, date), timeIn(texts.language, date.getTime())];
  if (call.name === "book_appointment") return texts.tool.booked(day, time);
  return call.name === "move_appointment" ? texts.tool.moved(day, time) : undefined;
}

function plainName({ name, title }: Named): string {
  if (title) return title;
  const plain = name.replaceAll("_", " ").trim();
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

/** The way down to what was said since. */
export function newestWords(texts: Texts, unseen: number): string {
  return unseen === 0 ? texts.record.newest : texts.record.unseen(unseen);
}

export function inSecs({ language, wait }: Texts, secs: number, digits = 1): string {
  return wait.secs(numberIn(language, secs, digits));
}

type Action = Exclude<keyof Texts["actions"], "takeDevice">;

/** What helps, where it is not another try. */
const HELPS: Partial<Record<FailureCode, Action>> = {
  insecure_context: "openSecurePage",
  frame_blocked: "openOwnTab",
  join_link_used: "startFresh",
  session_forgotten: "startFresh",
  session_live: "startFresh",
  key_needed: "showKey",
  wrong_key: "showKey",
  bot_left: "startAgain",
  connection_lost: "startAgain",
};

/** Whether that is the same once more. */
export function isAnotherTry(code: FailureCode): boolean {
  return (HELPS[code] ?? "tryAgain") === "tryAgain";
}

export function actionAfter({ actions }: Texts, code: FailureCode): string {
  return actions[HELPS[code] ?? "tryAgain"];
}

/** Follows a refusal that time will heal. */
export function waitHint({ tryAgain }: Texts, secs: number | undefined): string {
  if (secs === undefined) return tryAgain.soon;
  return secs >= 90 ? tryAgain.inMinutes(Math.ceil(secs / 60)) : tryAgain.inSecs(Math.max(secs, 1));
}

export function sentenceOf(texts: Texts, { code, retryAfterSecs }: Failure): string {
  const sentence = texts.failures[code];
  return isPassing(code) ? `${sentence} ${waitHint(texts, retryAfterSecs)}` : sentence;
}

/** During a call, with a way to try again beside it. */
export function microphoneTroubleOf(texts: Texts, code: FailureCode): string {
  return code === "unexpected" ? texts.microphoneNotSwitched : texts.failures[code];
}

/** What the microphone does of itself; names of devices are the computer's own. */
export function microphoneNotice(texts: Texts, code: NoticeCode, now: string, before = ""): string {
  return texts.microphone[code](now || texts.actions.unnamedMicrophone, before);
}

export function findingText({ check, failures }: Texts, finding: Finding): string {
  return finding in check.findings
    ? check.findings[finding as OwnFinding]
    : failures[finding as FailureCode];
}

import { useState } from "react";

import { ANSWER_NOT_SENT, TOOL_ANSWERS, TOOL_STATES, toolName } from "@/lib/texts";
import type { ToolCall } from "@/lib/toolCalls";

export type AnswerTool = (callId: string, isYes: boolean) => Promise<void>;

interface QuestionProps {
  call: ToolCall;
  onAnswer: AnswerTool;
}

const BUTTON =
  "min-h-11 min-w-20 rounded-full px-5 font-medium transition hover:opacity-88 active:scale-98 disabled:opacity-50";

/** Voice and buttons answer alike; whichever comes first counts. */
function Question({ call, onAnswer }: QuestionProps) {
  const [isSending, setSending] = useState(false);
  const [hasTrouble, setTrouble] = useState(false);

  const answer = (isYes: boolean) => {
    setSending(true);
    setTrouble(false);
    // Once it is taken, the bot's next word about the call takes the buttons away.
    onAnswer(call.id, isYes).catch(() => {
      setSending(false);
      setTrouble(true);
    });
  };

  return (
    <div role="group" aria-label={call.question} className="mt-3 flex flex-wrap gap-2">
      <button
        type="button"
        disabled={isSending}
        onClick={() => answer(true)}
        className={`${BUTTON} bg-ink text-paper`}
      >
        {TOOL_ANSWERS.yes}
      </button>
      <button
        type="button"
        disabled={isSending}
        onClick={() => answer(false)}
        className={`${BUTTON} bg-paper text-ink`}
      >
        {TOOL_ANSWERS.no}
      </button>
      {hasTrouble && (
        <p role="alert" className="w-full text-base text-danger">
          {ANSWER_NOT_SENT}
        </p>
      )}
    </div>
  );
}

/** One thing the bot does: a quiet line, and a card while it waits for a yes. */
export function ToolLine({
  call,
  onAnswer,
}: {
  call: ToolCall;
  onAnswer?: AnswerTool | undefined;
}) {
  const { name, status, question, progress } = call;
  const isAsking = status === "confirming" && onAnswer !== undefined;
  const state = status === "running" && progress !== "" ? progress : TOOL_STATES[status];
  return (
    <li
      className={`max-w-[85%] self-start text-pretty wrap-anywhere ${isAsking ? "rounded-bubble border border-line bg-surface p-4" : ""}`}
    >
      <p className="text-base text-ink-soft">
        {toolName(name)}
        <span aria-hidden="true"> · </span>
        <span className="sr-only">: </span>
        {state}
      </p>
      {isAsking && (
        <>
          <p className="mt-1">{question}</p>
          <Question call={call} onAnswer={onAnswer} />
        </>
      )}
    </li>
  );
}

import { memo, useState } from "react";

import { Speaker } from "@/components/Bubble";
import { Said } from "@/components/Said";
import { useLeftFocus } from "@/hooks/useLeftFocus";
import { useTexts } from "@/hooks/useTexts";
import type { ToolCall } from "@/lib/toolCalls";

export type AnswerTool = (callId: string, isYes: boolean) => Promise<void>;

const BUTTON =
  "min-h-11 min-w-20 rounded-full px-5 font-medium transition hover:opacity-88 active:scale-98 aria-disabled:opacity-50";

/** Voice and buttons answer alike; whichever comes first counts. */
function Answers({ call, onAnswer }: { call: ToolCall; onAnswer: AnswerTool }) {
  const texts = useTexts();
  const [isSending, setSending] = useState(false);
  const [hasTrouble, setTrouble] = useState(false);
  const group = useLeftFocus<HTMLDivElement>();

  const answer = (isYes: boolean) => {
    // Not `disabled`: the browser would take the focus off it.
    if (isSending) return;
    setSending(true);
    setTrouble(false);
    // Once it is taken, the bot's next word about the call takes the buttons away.
    onAnswer(call.id, isYes).catch(() => {
      setSending(false);
      setTrouble(true);
    });
  };

  return (
    <div
      ref={group}
      role="group"
      aria-label={call.question}
      className="mt-3 flex flex-wrap gap-2 print:hidden"
    >
      <button
        type="button"
        aria-disabled={isSending}
        onClick={() => answer(true)}
        className={`${BUTTON} bg-ink text-paper`}
      >
        {texts.answers.yes}
      </button>
      <button
        type="button"
        aria-disabled={isSending}
        onClick={() => answer(false)}
        className={`${BUTTON} bg-paper text-ink`}
      >
        {texts.answers.no}
      </button>
      {hasTrouble && (
        <p role="alert" className="w-full text-base text-danger">
          {texts.answers.notSent}
        </p>
      )}
    </div>
  );
}

interface QuestionProps {
  call: ToolCall;
  /** Missing when there is no call: then nothing can be answered. */
  onAnswer: AnswerTool | undefined;
}

/** What the bot asks before it does something: a card while it can be answered, then its words. */
export const Question = memo(function Question({ call, onAnswer }: QuestionProps) {
  const isAsking = call.status === "confirming" && onAnswer !== undefined;
  const look = isAsking ? "rounded-bubble border border-line bg-surface p-4" : "pr-4";
  return (
    <li
      tabIndex={-1}
      className={`max-w-[85%] self-start text-pretty wrap-anywhere outline-none ${look}`}
    >
      <p dir="auto">
        <Speaker side="bot" />
        <Said>{call.question}</Said>
      </p>
      {isAsking && <Answers call={call} onAnswer={onAnswer} />}
    </li>
  );
});

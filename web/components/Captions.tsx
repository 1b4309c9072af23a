import { memo } from "react";

import { Bubble, type Resend, Speaker } from "@/components/Bubble";
import { type AnswerTool, Question } from "@/components/Question";
import { ToolLine } from "@/components/ToolLine";
import { useAutoScroll } from "@/hooks/useAutoScroll";
import { shownText } from "@/lib/question";
import { LABELS } from "@/lib/texts";
import { askingCall, type Entry, shownEntries, type Transcript } from "@/lib/transcript";

/** Only whole utterances are announced: a growing one would be read again with each word. */
function Announcer({ transcript }: { transcript: Transcript }) {
  const last = transcript.entries.findLast(
    (entry) =>
      entry.kind === "caption" &&
      entry.caption.status !== "open" &&
      shownText(entry.caption) !== "",
  );
  const caption = last?.kind === "caption" ? last.caption : undefined;
  return (
    <>
      <p aria-live="polite" className="sr-only">
        {caption && (
          <>
            <Speaker side={caption.side} />
            {shownText(caption)}
          </>
        )}
      </p>
      <p aria-live="assertive" className="sr-only">
        {askingCall(transcript)?.question}
      </p>
    </>
  );
}

interface LineProps {
  entry: Entry;
  onAnswer: AnswerTool | undefined;
  onResend: Resend | undefined;
}

function Line({ entry, onAnswer, onResend }: LineProps) {
  switch (entry.kind) {
    case "caption":
      return <Bubble caption={entry.caption} onResend={onResend} />;
    case "question":
      return <Question call={entry.call} onAnswer={onAnswer} />;
    case "tool":
      return <ToolLine call={entry.call} />;
  }
}

function keyOf(entry: Entry): string {
  return entry.kind === "caption" ? entry.caption.id : `${entry.kind}-${entry.call.id}`;
}

interface CaptionsProps {
  transcript: Transcript;
  /** Missing when there is no call: then nothing can be answered, or sent. */
  onAnswer?: AnswerTool | undefined;
  onResend?: Resend | undefined;
}

/** The conversation in words, newest at the bottom. */
export const Captions = memo(function Captions({ transcript, onAnswer, onResend }: CaptionsProps) {
  const scroller = useAutoScroll<HTMLDivElement>(transcript);
  return (
    <section aria-label={LABELS.conversation} className="flex min-h-0 flex-col">
      <div
        ref={scroller}
        tabIndex={0}
        className="min-h-0 overflow-y-auto overscroll-contain mask-[linear-gradient(to_bottom,transparent,black_2rem)] px-1 pt-8 pb-5 text-lg leading-relaxed focus-visible:outline-offset-[-3px]"
      >
        <ol className="flex flex-col gap-4">
          {shownEntries(transcript).map((entry) => (
            <Line key={keyOf(entry)} entry={entry} onAnswer={onAnswer} onResend={onResend} />
          ))}
        </ol>
      </div>
      <Announcer transcript={transcript} />
    </section>
  );
});

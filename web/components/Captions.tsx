import { memo } from "react";

import { Announcer } from "@/components/Announcer";
import { Bubble, type Resend } from "@/components/Bubble";
import { type AnswerTool, Question } from "@/components/Question";
import { RecordMenu } from "@/components/RecordMenu";
import { ToolLine } from "@/components/ToolLine";
import { useAutoScroll } from "@/hooks/useAutoScroll";
import { useChoice } from "@/hooks/useChoice";
import { useTexts } from "@/hooks/useTexts";
import { useTextSize } from "@/hooks/useTextSize";
import { useUnseen } from "@/hooks/useUnseen";
import type { TextSize } from "@/lib/preferences";
import { newestWords } from "@/lib/texts";
import { type Entry, shownEntries, type Transcript } from "@/lib/transcript";

interface LineProps {
  entry: Entry;
  hasTime: boolean;
  onAnswer: AnswerTool | undefined;
  onResend: Resend | undefined;
}

function Line({ entry, hasTime, onAnswer, onResend }: LineProps) {
  const atMs = hasTime ? entry.atMs : undefined;
  switch (entry.kind) {
    case "caption":
      return <Bubble caption={entry.caption} onResend={onResend} atMs={atMs} wait={entry.wait} />;
    case "question":
      return <Question call={entry.call} onAnswer={onAnswer} />;
    case "tool":
      return <ToolLine call={entry.call} atMs={atMs} endMs={hasTime ? entry.endMs : undefined} />;
  }
}

const SIZES: Record<TextSize, string> = {
  normal: "text-lg",
  large: "text-2xl",
  largest: "text-4xl",
};

function keyOf(entry: Entry): string {
  return entry.kind === "caption" ? entry.caption.id : `${entry.kind}-${entry.call.id}`;
}

interface CaptionsProps {
  transcript: Transcript;
  /** Missing when there is no call: then nothing can be answered, or sent. */
  onAnswer?: AnswerTool | undefined;
  onResend?: Resend | undefined;
  /** There is no microphone that would hear a screen reader. */
  isTyping?: boolean;
}

/** The conversation in words, seen and said. */
export const Captions = memo(function Captions(props: CaptionsProps) {
  const { transcript, isTyping = false } = props;
  const reading = useChoice("read-replies");
  return (
    <>
      {transcript.entries.length > 0 && <Lines {...props} reading={reading} />}
      <Announcer transcript={transcript} mayRead={isTyping || reading.isOn} />
    </>
  );
});

/** Newest at the bottom. */
function Lines(props: CaptionsProps & { reading: ReturnType<typeof useChoice> }) {
  const texts = useTexts();
  const { transcript, onAnswer, onResend, reading } = props;
  const textSize = useTextSize();
  const scroller = useAutoScroll<HTMLDivElement>(transcript, textSize.size);
  const entries = shownEntries(transcript);
  const { isAway, unseen, jump } = useUnseen(scroller, entries.length);
  const times = useChoice("times");
  return (
    <section
      aria-label={texts.labels.conversation}
      // What little there is of it on a low page is the first to go, and never all of it.
      className="relative flex min-h-0 shrink-999999 flex-col short:min-h-12 print:block"
    >
      <RecordMenu transcript={transcript} times={times} reading={reading} textSize={textSize} />
      <div
        ref={scroller}
        tabIndex={0}
        className={`min-h-0 overflow-y-auto overscroll-contain mask-[linear-gradient(to_bottom,transparent,black_2rem)] px-1 pt-11 pb-5 leading-relaxed focus-visible:outline-offset-[-3px] tiny:mask-none tiny:pe-12 tiny:pb-1 print:overflow-visible print:mask-none ${SIZES[textSize.size]}`}
      >
        <ol className="flex flex-col gap-4">
          {entries.map((entry) => (
            <Line
              key={keyOf(entry)}
              entry={entry}
              hasTime={times.isOn}
              onAnswer={onAnswer}
              onResend={onResend}
            />
          ))}
        </ol>
      </div>
      {isAway && (
        <button
          type="button"
          onClick={jump}
          className="absolute bottom-2 left-1/2 min-h-11 -translate-x-1/2 rounded-full border border-line bg-paper px-4 text-base shadow-md tiny:hidden print:hidden"
        >
          {newestWords(texts, unseen)}
        </button>
      )}
    </section>
  );
}

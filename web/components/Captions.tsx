import { type AnswerTool, ToolLine } from "@/components/ToolLine";
import { useAutoScroll } from "@/hooks/useAutoScroll";
import type { Caption } from "@/lib/captions";
import { LABELS, PRODUCT_NAME, TOOL_STATES, toolName } from "@/lib/texts";
import { entriesOf, type Transcript } from "@/lib/transcript";

/** Who speaks, for those who cannot see left and right. */
function Speaker({ side }: Pick<Caption, "side">) {
  return <span className="sr-only">{side === "caller" ? LABELS.caller : PRODUCT_NAME}: </span>;
}

function Bubble({ caption }: { caption: Caption }) {
  const { side, status, text } = caption;
  const isInterim = side === "caller" && status === "open";
  const look =
    side === "caller"
      ? "self-end rounded-bubble rounded-br-md bg-surface px-4 py-2.5"
      : "self-start pr-4";
  return (
    <li
      className={`max-w-[85%] text-pretty wrap-anywhere whitespace-pre-wrap transition-colors duration-300 ${look} ${isInterim ? "text-ink-soft" : ""}`}
    >
      <Speaker side={side} />
      {text.trim()}
      {status === "interrupted" && (
        <>
          <span aria-hidden="true"> —</span>
          <span className="sr-only"> ({LABELS.interrupted})</span>
        </>
      )}
    </li>
  );
}

/** Only whole utterances are announced: a growing one would be read again with each word. */
function Announcer({ captions, tools }: Transcript) {
  const last = captions.findLast((caption) => caption.status !== "open");
  const asking = tools.find(({ call }) => call.status === "confirming")?.call;
  return (
    <p aria-live="polite" className="sr-only">
      {last && (
        <>
          <Speaker side={last.side} />
          {last.text}
        </>
      )}
      {asking && <span> {`${toolName(asking.name)}: ${TOOL_STATES.confirming}`}</span>}
    </p>
  );
}

interface CaptionsProps {
  transcript: Transcript;
  /** Missing when there is no call: then nothing can be answered. */
  onAnswer?: AnswerTool | undefined;
}

/** The conversation in words, newest at the bottom. */
export function Captions({ transcript, onAnswer }: CaptionsProps) {
  const scroller = useAutoScroll<HTMLDivElement>(transcript);
  return (
    <section aria-label={LABELS.conversation} className="flex min-h-0 flex-col">
      <div
        ref={scroller}
        tabIndex={0}
        className="min-h-0 overflow-y-auto overscroll-contain mask-[linear-gradient(to_bottom,transparent,black_2rem)] px-1 pt-8 pb-5 text-lg leading-relaxed focus-visible:outline-offset-[-3px]"
      >
        <ol className="flex flex-col gap-4">
          {entriesOf(transcript).map((entry) =>
            entry.kind === "caption" ? (
              <Bubble key={entry.caption.id} caption={entry.caption} />
            ) : (
              <ToolLine key={entry.call.id} call={entry.call} onAnswer={onAnswer} />
            ),
          )}
        </ol>
      </div>
      <Announcer {...transcript} />
    </section>
  );
}

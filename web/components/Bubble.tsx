import { memo } from "react";

import { Said } from "@/components/Said";
import { WaitFigure } from "@/components/WaitFigure";
import { useTexts } from "@/hooks/useTexts";
import type { Caption } from "@/lib/captions";
import { timeIn } from "@/lib/formats";
import { shownText } from "@/lib/question";
import { PRODUCT_NAME } from "@/lib/texts";
import type { Wait } from "@/lib/wait";

/** Sends a typed line once more, under its id. */
export type Resend = (text: string, id: string) => Promise<void>;

/** Who speaks, for those who cannot see left and right. */
export function Speaker({ side }: Pick<Caption, "side">) {
  const texts = useTexts();
  return (
    // Isolated: the direction of the line is that of the words.
    <bdi className="sr-only print:not-sr-only">
      {side === "caller" ? texts.labels.caller : PRODUCT_NAME}:{" "}
    </bdi>
  );
}

/** After a full stop nothing was left out in between: the word alone says that it was cut. */
function CutMark({ text }: { text: string }) {
  const texts = useTexts();
  const isWhole = /[.!?…。！？]["”’)]*$/u.test(text);
  return (
    <>
      {!isWhole && <span aria-hidden="true"> —</span>}
      <span className="sr-only"> ({texts.labels.interrupted})</span>
    </>
  );
}

function Delivery({ caption, onResend }: { caption: Caption; onResend: Resend | undefined }) {
  const texts = useTexts();
  if (caption.status === "sending") {
    return (
      <span dir="auto" className="block text-sm text-ink-soft">
        {texts.typed.sending}
      </span>
    );
  }
  return (
    <span dir="auto" className="block text-sm text-danger">
      {texts.typed.unsent}{" "}
      {onResend && (
        <button
          type="button"
          onClick={() => void onResend(caption.text, caption.id)}
          className="min-h-6 font-medium underline underline-offset-4"
        >
          {texts.typed.again}
        </button>
      )}
    </span>
  );
}

/** When it was said, and how long it took: beside the words, not of them. */
export interface Beside {
  atMs: number | undefined;
  wait: Wait | undefined;
}

/** Shown on demand, and hidden from those who would have to listen to it. */
export function Time({ atMs }: Pick<Beside, "atMs">) {
  const texts = useTexts();
  if (atMs === undefined) return null;
  return (
    <bdi aria-hidden="true" className="ms-2 text-sm whitespace-nowrap text-ink-soft">
      {timeIn(texts.language, atMs)}
    </bdi>
  );
}

interface BubbleProps extends Beside {
  caption: Caption;
  onResend: Resend | undefined;
}

/** One utterance. Drawn again only when it changes, however many there are. */
export const Bubble = memo(function Bubble({ caption, onResend, atMs, wait }: BubbleProps) {
  const { side, status } = caption;
  const text = shownText(caption);
  const isTyped = status === "sending" || status === "unsent";
  const isInterim = side === "caller" && status === "open";
  const look =
    side === "caller"
      ? "self-end rounded-bubble rounded-br-md border border-transparent bg-surface px-4 py-2.5"
      : "self-start pr-4";
  return (
    <li
      dir="auto"
      className={`max-w-[85%] text-pretty wrap-anywhere whitespace-pre-wrap transition-colors duration-300 ${look} ${isInterim ? "text-ink-soft" : ""}`}
    >
      <Speaker side={side} />
      <Said>{text}</Said>
      {status === "interrupted" && <CutMark text={text} />}
      {isTyped && (
        <>
          {" "}
          <Delivery caption={caption} onResend={onResend} />
        </>
      )}
      <Time atMs={atMs} />
      {wait && <WaitFigure wait={wait} isReachable={atMs !== undefined} />}
    </li>
  );
});

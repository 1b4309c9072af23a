import { Notice } from "@/components/Notice";
import { Rating } from "@/components/Rating";
import type { EndedCall } from "@/hooks/useEndedCall";
import { useTexts } from "@/hooks/useTexts";
import type { Ending } from "@/lib/call";
import { minutesAndSecs } from "@/lib/formats";

interface EndedNoticeProps {
  ending: Ending;
  /** Undefined where this page was in no call. */
  ended: EndedCall | undefined;
  onAgain: () => void;
  /** A way on, with the memory of the call. */
  other: { label: string; onClick: () => void } | undefined;
}

function Length({ secs }: { secs: number }) {
  const { labels } = useTexts();
  return (
    <span className="text-ink-soft tabular-nums">
      <span className="sr-only">{labels.callLength} </span>
      {minutesAndSecs(secs)}
    </span>
  );
}

/** After a call: why it ended, how long it was, how it was, and what can be done now. */
export function EndedNotice({ ending, ended, onAgain, other }: EndedNoticeProps) {
  const texts = useTexts();
  const { secs, rating } = ended ?? {};
  return (
    <Notice
      isAlert={false}
      sentence={texts.endings[ending]}
      action={texts.actions.startAgain}
      onAction={onAgain}
      other={other}
    >
      {/* It takes none of the height: what begins a call stays where it is. */}
      <div className="-mb-16 flex h-11 w-full max-w-sm items-center justify-center gap-3 text-sm short:mb-0 tiny:hidden">
        {secs !== undefined && <Length secs={secs} />}
        {rating && <Rating rating={rating} />}
      </div>
    </Notice>
  );
}

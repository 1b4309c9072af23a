import { Speaker } from "@/components/Bubble";
import { shownText } from "@/lib/question";
import { askingCall, type Transcript } from "@/lib/transcript";

interface AnnouncerProps {
  transcript: Transcript;
  /** What is read aloud beside an open microphone is heard there as speech. */
  mayRead: boolean;
}

/**
 * What a screen reader says of the conversation. Only whole utterances: a growing one would be read
 * again with each word. A question waits for an answer, so it comes at once.
 */
export function Announcer({ transcript, mayRead }: AnnouncerProps) {
  const last = transcript.entries.findLast(
    (entry) =>
      entry.kind === "caption" &&
      entry.caption.status !== "open" &&
      shownText(entry.caption) !== "",
  );
  const caption = mayRead && last?.kind === "caption" ? last.caption : undefined;
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

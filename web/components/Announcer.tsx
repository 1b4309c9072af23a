import { Speaker } from "@/components/Bubble";
import { useTelling } from "@/hooks/useTelling";
import { askingCall, type Transcript } from "@/lib/transcript";

interface AnnouncerProps {
  transcript: Transcript;
  /** What is read aloud beside an open microphone is heard there as speech. */
  mayRead: boolean;
}

/**
 * What a screen reader says of the conversation: whole utterances, each once. A question waits for
 * an answer, so it comes at once. It stands on the page before there is anything to say: what comes
 * together with its region is not said.
 */
export function Announcer({ transcript, mayRead }: AnnouncerProps) {
  const told = useTelling(transcript.entries, mayRead);
  return (
    <>
      <div aria-live="polite" className="sr-only">
        {told.map(({ id, side, text }) => (
          <p key={id}>
            <Speaker side={side} />
            {text}
          </p>
        ))}
      </div>
      <p aria-live="assertive" className="sr-only">
        {askingCall(transcript)?.question}
      </p>
    </>
  );
}

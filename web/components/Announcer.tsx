import { Speaker } from "@/components/Bubble";
import { Said } from "@/components/Said";
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
  const question = askingCall(transcript)?.question;
  return (
    <>
      <div aria-live="polite" className="sr-only">
        {told.map(({ id, side, text }) => (
          <p key={id}>
            <Speaker side={side} />
            <Said>{text}</Said>
          </p>
        ))}
      </div>
      <p aria-live="assertive" className="sr-only">
        {question && <Said>{question}</Said>}
      </p>
    </>
  );
}

import { type FormEvent, type ReactNode, useState, useSyncExternalStore } from "react";

import { SendIcon, ThumbIcon } from "@/components/icons";
import { useTexts } from "@/hooks/useTexts";
import { type CallRating, MAX_COMMENT_CHARS } from "@/lib/rating";

interface ThumbProps {
  label: string;
  isPressed: boolean;
  onClick: () => void;
  children: ReactNode;
}

function Thumb({ label, isPressed, onClick, children }: ThumbProps) {
  return (
    <button
      type="button"
      aria-label={label}
      aria-pressed={isPressed}
      title={label}
      onClick={onClick}
      className="grid size-11 shrink-0 place-items-center rounded-full text-ink-soft transition hover:text-ink aria-pressed:bg-surface aria-pressed:text-ink"
    >
      {children}
    </button>
  );
}

function Line({ onTell }: { onTell: (comment: string) => void }) {
  const texts = useTexts();
  const [comment, setComment] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (comment.trim() !== "") onTell(comment);
  };
  return (
    <form onSubmit={submit} className="flex min-w-0 grow items-center gap-1">
      <input
        value={comment}
        onChange={(event) => setComment(event.target.value)}
        aria-label={texts.rating.more}
        placeholder={texts.rating.more}
        maxLength={MAX_COMMENT_CHARS}
        enterKeyHint="send"
        dir="auto"
        className="h-11 min-w-0 grow rounded-full bg-surface px-4 text-base placeholder:text-ink-soft"
      />
      <button
        type="submit"
        aria-label={texts.rating.send}
        title={texts.rating.send}
        aria-disabled={comment.trim() === ""}
        className="grid size-11 shrink-0 place-items-center rounded-full bg-surface aria-disabled:opacity-60"
      >
        <SendIcon />
      </button>
    </form>
  );
}

/** How the talk was: a thumb, and a line if they like. A change of mind keeps the line. */
export function Rating({ rating }: { rating: CallRating }) {
  const texts = useTexts();
  const { isGood, answer, isTold } = useSyncExternalStore(rating.subscribe, rating.read);
  const isOpen = isGood !== undefined && !isTold;
  const [said, setSaid] = useState({ answer, isNew: answer === undefined });
  if (said.answer !== answer) setSaid({ answer, isNew: true });

  return (
    <div
      role="group"
      aria-label={texts.rating.question}
      className={`flex min-w-0 items-center gap-1 text-ink-soft ${isOpen ? "grow" : ""}`}
    >
      {isGood === undefined && answer === undefined && <span>{texts.rating.question}</span>}
      <Thumb
        label={texts.rating.good}
        isPressed={isGood === true}
        onClick={() => rating.tell(true)}
      >
        <ThumbIcon />
      </Thumb>
      <Thumb
        label={texts.rating.bad}
        isPressed={isGood === false}
        onClick={() => rating.tell(false)}
      >
        <ThumbIcon isDown />
      </Thumb>
      {isOpen && <Line onTell={(comment) => rating.tell(isGood, comment)} />}
      {/* A call that is come back to has been thanked for. */}
      <p
        role="status"
        aria-live={said.isNew ? "polite" : "off"}
        className={isOpen ? "sr-only" : ""}
      >
        {answer && texts.rating[answer]}
      </p>
    </div>
  );
}

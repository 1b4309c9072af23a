import { type FormEvent, type ReactNode, useRef, useState } from "react";

import { SendIcon, ThumbIcon } from "@/components/icons";
import { Status } from "@/components/Status";
import { useTexts } from "@/hooks/useTexts";
import { env } from "@/lib/env";
import { NewestLast } from "@/lib/newestLast";
import { MAX_COMMENT_CHARS, type Opinion, sendRating } from "@/lib/rating";
import type { Ticket } from "@/lib/ticket";

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
export function Rating({ ticket }: { ticket: Ticket }) {
  const texts = useTexts();
  const [isGood, setIsGood] = useState<boolean>();
  const [said, setSaid] = useState<"thanks" | "unsent">();
  const [isTold, setIsTold] = useState(false);
  const line = useRef("");
  const [sender] = useState(() => {
    const send = (opinion: Opinion) => sendRating({ apiUrl: env.apiUrl, ticket, ...opinion });
    return new NewestLast<Opinion>(send, ({ comment }, isSent) => {
      setSaid(isSent ? "thanks" : "unsent");
      if (!isSent) setIsGood(undefined);
      else if (comment !== "") setIsTold(true);
    });
  });

  const tell = (good: boolean, comment = line.current) => {
    line.current = comment;
    setIsGood(good);
    setSaid(undefined);
    sender.want({ isGood: good, comment });
  };
  const isOpen = isGood !== undefined && !isTold;

  return (
    <div
      role="group"
      aria-label={texts.rating.question}
      className={`flex min-w-0 items-center gap-1 text-ink-soft ${isOpen ? "grow" : ""}`}
    >
      {isGood === undefined && said === undefined && <span>{texts.rating.question}</span>}
      <Thumb label={texts.rating.good} isPressed={isGood === true} onClick={() => tell(true)}>
        <ThumbIcon />
      </Thumb>
      <Thumb label={texts.rating.bad} isPressed={isGood === false} onClick={() => tell(false)}>
        <ThumbIcon isDown />
      </Thumb>
      {isOpen && <Line onTell={(comment) => tell(isGood, comment)} />}
      <Status className={isOpen ? "sr-only" : ""}>{said && texts.rating[said]}</Status>
    </div>
  );
}

import { type FormEvent, type KeyboardEvent, useState } from "react";

import { SendIcon } from "@/components/icons";
import { useTexts } from "@/hooks/useTexts";
import { CHAT_MAX_CHARS } from "@/lib/conventions";
import { isComposed } from "@/lib/keys";

interface TextBoxProps {
  onSend: (text: string) => void;
  /** It was asked for: what is typed next is meant for it. */
  isWanted?: boolean;
  /** Missing where it stays. */
  onClose?: (() => void) | undefined;
}

/** The paper and the box lie under one another, so that the box is as high as what is on it. */
const SHEET = "col-start-1 row-start-1 max-h-26 py-2.5 text-base leading-6 wrap-anywhere";

/** Typing works beside talking, and instead of it. What came of a line stands beside the line. */
export function TextBox({ onSend, isWanted = false, onClose }: TextBoxProps) {
  const texts = useTexts();
  const [text, setText] = useState("");
  const line = text.trim();

  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (line === "") return;
    setText("");
    onSend(line);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // What an input method takes Enter for is not the end of the line.
    if (event.key === "Enter" && !event.shiftKey && !isComposed(event.nativeEvent)) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape" && !isComposed(event.nativeEvent) && line === "" && onClose) {
      event.preventDefault();
      onClose();
    }
  };

  return (
    <form
      onSubmit={submit}
      className="flex min-w-0 flex-1 items-end rounded-3xl border border-edge bg-surface pr-1 pl-4.5 focus-within:border-ink focus-within:inset-ring focus-within:inset-ring-ink"
    >
      <span className="grid min-w-0 flex-1">
        <span
          aria-hidden="true"
          className={`${SHEET} invisible overflow-hidden whitespace-pre-wrap`}
        >
          {text + " "}
        </span>
        <textarea
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          maxLength={CHAT_MAX_CHARS}
          rows={1}
          dir="auto"
          placeholder={texts.labels.message}
          aria-label={texts.labels.message}
          autoComplete="off"
          enterKeyHint="send"
          autoFocus={isWanted}
          className={`${SHEET} w-full resize-none border-0 bg-transparent placeholder:text-ink-soft focus:outline-none`}
        />
      </span>
      {line !== "" && (
        <button
          type="submit"
          aria-label={texts.actions.send}
          className="mb-0.5 grid size-10 shrink-0 place-items-center rounded-full bg-ink text-paper transition active:scale-95"
        >
          <SendIcon />
        </button>
      )}
    </form>
  );
}

import { type FormEvent, useState } from "react";

import { SendIcon } from "@/components/icons";
import { CHAT_MAX_CHARS } from "@/lib/conventions";
import { ACTIONS, LABELS } from "@/lib/texts";

interface TextBoxProps {
  onSend: (text: string) => Promise<void>;
  onTrouble: (hasTrouble: boolean) => void;
}

/** Typing works beside talking, and instead of it. A line that could not go out stays in the box. */
export function TextBox({ onSend, onTrouble }: TextBoxProps) {
  const [text, setText] = useState("");
  const line = text.trim();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (line === "") return;
    setText("");
    onSend(line).then(
      () => onTrouble(false),
      () => {
        setText(line);
        onTrouble(true);
      },
    );
  };

  return (
    <form
      onSubmit={submit}
      className="flex h-12 min-w-0 flex-1 items-center rounded-full bg-surface pr-1 pl-4.5 focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-focus"
    >
      <input
        value={text}
        onChange={(event) => setText(event.target.value)}
        maxLength={CHAT_MAX_CHARS}
        placeholder={LABELS.messageHint}
        aria-label={LABELS.message}
        autoComplete="off"
        enterKeyHint="send"
        className="min-w-0 flex-1 bg-transparent text-base placeholder:text-ink-soft focus:outline-none"
      />
      {line !== "" && (
        <button
          type="submit"
          aria-label={ACTIONS.send}
          className="grid size-10 shrink-0 place-items-center rounded-full bg-ink text-paper transition active:scale-95"
        >
          <SendIcon />
        </button>
      )}
    </form>
  );
}

import { type FormEvent, useId, useRef, useState } from "react";

import { useTexts } from "@/hooks/useTexts";
import { showKey } from "@/lib/access";
import { env } from "@/lib/env";
import { type Failure, failureOf } from "@/lib/failure";
import { sentenceOf } from "@/lib/texts";

/** Asks for the key once; a wrong one is told beside it, and the call begins with the right one. */
export function KeyForm({ refusal, onAdmitted }: { refusal: Failure; onAdmitted: () => void }) {
  const texts = useTexts();
  const [key, setKey] = useState("");
  const [failure, setFailure] = useState(refusal);
  const [isBusy, setIsBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const sentence = useId();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || key === "") return;
    setIsBusy(true);
    try {
      await showKey(env.apiUrl, key);
    } catch (error) {
      setFailure(failureOf(error));
      setIsBusy(false);
      field.current?.select();
      return;
    }
    onAdmitted();
  };

  return (
    <form
      onSubmit={(event) => void submit(event)}
      className="flex flex-col items-center pt-4 pb-(--foot) short:pt-2 text-center"
    >
      <p
        id={sentence}
        role="alert"
        className="mb-6 max-w-sm text-xl font-medium text-balance sm:max-w-md"
      >
        {sentenceOf(texts, failure)}
      </p>
      <input
        ref={field}
        type="password"
        value={key}
        onChange={(event) => setKey(event.target.value)}
        aria-label={texts.labels.key}
        aria-describedby={sentence}
        aria-invalid={failure.code === "wrong_key"}
        placeholder={texts.labels.key}
        autoComplete="current-password"
        enterKeyHint="go"
        // It is what the person who pressed the button has to do next.
        autoFocus
        className="mb-4 h-12 w-full max-w-xs rounded-full bg-surface px-4.5 text-center text-base placeholder:text-ink-soft focus:outline-2 focus:outline-offset-2 focus:outline-focus"
      />
      <button
        type="submit"
        aria-disabled={isBusy || key === ""}
        className="inline-flex min-h-14 items-center justify-center gap-2.5 rounded-full bg-ink px-9 text-lg font-medium text-paper transition hover:opacity-88 active:scale-98 aria-disabled:opacity-60"
      >
        {texts.actions.showKey}
      </button>
    </form>
  );
}

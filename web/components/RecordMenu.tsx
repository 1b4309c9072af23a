import type { ReactNode } from "react";

import { TextSizes } from "@/components/TextSizes";
import { useFullScreen } from "@/hooks/useFullScreen";
import { useRecord } from "@/hooks/useRecord";
import { useTexts } from "@/hooks/useTexts";
import type { useTextSize } from "@/hooks/useTextSize";
import type { Transcript } from "@/lib/transcript";

interface Choice {
  isOn: boolean;
  toggle: () => void;
}

interface RecordMenuProps {
  transcript: Transcript;
  times: Choice;
  reading: Choice;
  textSize: ReturnType<typeof useTextSize>;
}

function Item({
  onClick,
  isOn,
  children,
}: {
  onClick: () => void;
  isOn?: boolean;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={onClick}
      className="flex min-h-11 w-full items-center justify-between gap-4 rounded-lg px-3 text-start hover:bg-surface"
    >
      {children}
      {isOn !== undefined && <span aria-hidden="true">{isOn ? "✓" : ""}</span>}
    </button>
  );
}

/** What can be done with the words: closed until it is wanted. */
export function RecordMenu({ transcript, times, reading, textSize }: RecordMenuProps) {
  const texts = useTexts();
  const { copy, copied, download } = useRecord(transcript);
  const fullScreen = useFullScreen();
  return (
    <details
      className="absolute end-0 top-0 z-10 text-base print:hidden"
      onKeyDown={(event) => {
        const { key, currentTarget } = event;
        if (key !== "Escape" || !currentTarget.open) return;
        event.preventDefault();
        currentTarget.open = false;
        currentTarget.querySelector("summary")?.focus();
      }}
    >
      <summary
        aria-label={texts.record.menu}
        title={texts.record.menu}
        className="ms-auto grid size-11 cursor-pointer list-none place-items-center rounded-full bg-paper text-ink-soft hover:text-ink [&::-webkit-details-marker]:hidden"
      >
        <span aria-hidden="true">•••</span>
      </summary>
      <div className="max-h-[calc(100cqh-var(--list-top)-4rem)] w-64 max-w-[90vw] overflow-y-auto rounded-bubble border border-line bg-paper p-2 shadow-lg">
        <Item onClick={copy}>{texts.record.copy}</Item>
        <Item onClick={() => download("md")}>{texts.record.markdown}</Item>
        <Item onClick={() => download("json")}>{texts.record.json}</Item>
        <Item onClick={() => download("srt")}>{texts.record.srt}</Item>
        <Item onClick={times.toggle} isOn={times.isOn}>
          {texts.record.times}
        </Item>
        <Item onClick={reading.toggle} isOn={reading.isOn}>
          {texts.record.reading}
        </Item>
        {fullScreen && (
          <Item onClick={fullScreen.toggle} isOn={fullScreen.isOn}>
            {texts.record.fullScreen}
          </Item>
        )}
        <TextSizes {...textSize} />
        <p role="status" className="px-3 text-sm text-ink-soft">
          {copied && (copied === "yes" ? texts.record.copied : texts.record.notCopied)}
        </p>
      </div>
    </details>
  );
}

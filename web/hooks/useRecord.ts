import { useState } from "react";

import { useTexts } from "@/hooks/useTexts";
import { MIME_TYPES, recordAs, type RecordFormat, recordName } from "@/lib/record";
import type { Transcript } from "@/lib/transcript";

/** Copies the conversation and hands it out as a file, without leaving the page. */
export function useRecord(transcript: Transcript) {
  const texts = useTexts();
  const [copied, setCopied] = useState<"yes" | "no">();

  const copy = () => {
    // Missing on an insecure page.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    const written =
      clipboard?.writeText(recordAs("md", transcript, texts)) ?? Promise.reject(new Error());
    written.then(
      () => setCopied("yes"),
      () => setCopied("no"),
    );
  };

  const download = (format: RecordFormat) => {
    const file = new Blob([recordAs(format, transcript, texts)], { type: MIME_TYPES[format] });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    // A download of a file of the page's own: no page is left, so no call is.
    link.download = recordName(format, Date.now());
    link.click();
    // The browser has taken it by then.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };

  return { copy, copied, download };
}

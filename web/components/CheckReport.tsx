import { useState } from "react";

import { QuietButton } from "@/components/Button";
import { useTexts } from "@/hooks/useTexts";
import { type CheckResults, reportOf } from "@/lib/check";

/** Where the browser does not let us copy, the text is there to be marked by hand. */
export function CheckReport({ results }: { results: CheckResults }) {
  const texts = useTexts();
  const [copied, setCopied] = useState<boolean>();
  const text = () => reportOf(results, window.location.origin);
  const copy = () => {
    const written = async () => navigator.clipboard.writeText(text());
    written().then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <div className="mt-4">
      <QuietButton onClick={copy}>{texts.check.copy}</QuietButton>
      <p role="status" className="inline text-ink-soft">
        {copied && texts.check.copied}
      </p>
      {copied === false && (
        <textarea
          readOnly
          aria-label={texts.check.report}
          rows={9}
          value={text()}
          className="w-full"
        />
      )}
    </div>
  );
}

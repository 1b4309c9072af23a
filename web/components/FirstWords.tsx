import { firstWordsScript } from "@/lib/firstWords";
import type { Texts } from "@/lib/texts";

interface FirstWordsProps {
  /** Every text of the view as the HTML has it. */
  of: (texts: Texts) => readonly string[];
}

/** Stands after a view in its page's HTML. */
export function FirstWords({ of }: FirstWordsProps) {
  return <script dangerouslySetInnerHTML={{ __html: firstWordsScript(of) }} />;
}

import type { MouseEvent } from "react";

import { QuietButton } from "@/components/Button";
import type { Line } from "@/hooks/line";
import { useMicrophoneSigns } from "@/hooks/useOwnMicrophone";
import { useTexts } from "@/hooks/useTexts";
import { isUrgent, noticeOf } from "@/lib/microphoneSigns";
import { microphoneNotice } from "@/lib/texts";

/** Why nothing is recorded while the call begins; what can be done about it comes with the call. */
function Unheard({ line }: { line: Line }) {
  const texts = useTexts();
  const signs = useMicrophoneSigns(line);
  const notice = noticeOf(signs, signs.held === "on");
  const isTold = notice !== undefined && isUrgent(notice);
  return (
    <p role="alert" className="text-center text-sm wrap-anywhere text-danger">
      {isTold && microphoneNotice(texts, notice, signs.label)}
    </p>
  );
}

interface ConnectingProps {
  line: Line;
  onCancel: () => void;
}

/** Above what begins a call: the finger that still lies there cancels nothing. */
export function Connecting({ line, onCancel }: ConnectingProps) {
  const texts = useTexts();
  const cancel = (event: MouseEvent) => {
    // The second half of a double click was meant for the button that began the call.
    if (event.detail < 2) onCancel();
  };
  return (
    <div className="flex flex-col items-center pb-[calc(var(--foot)+7rem)] short:pb-[calc(var(--foot)+3.25rem)]">
      <Unheard line={line} />
      <QuietButton onClick={cancel}>{texts.actions.cancel}</QuietButton>
    </div>
  );
}

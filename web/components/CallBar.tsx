import { useState } from "react";

import { HangUpIcon } from "@/components/icons";
import { MicrophoneControl } from "@/components/MicrophoneControl";
import { MicrophoneNotice } from "@/components/MicrophoneNotice";
import { TextBox } from "@/components/TextBox";
import type { Line } from "@/hooks/line";
import { useMicrophone } from "@/hooks/useMicrophone";
import { ACTIONS, LABELS, MESSAGE_NOT_SENT } from "@/lib/texts";

interface CallBarProps {
  line: Line;
  onSend: (text: string) => Promise<void>;
  onHangUp: () => void;
}

/** Everything one can do during a call, within reach of a thumb. */
export function CallBar({ line, onSend, onHangUp }: CallBarProps) {
  const microphone = useMicrophone(line);
  const [hasSendTrouble, setSendTrouble] = useState(false);
  return (
    <div role="group" aria-label={LABELS.controls} tabIndex={-1} className="outline-none">
      <MicrophoneNotice
        microphone={microphone}
        first={hasSendTrouble ? MESSAGE_NOT_SENT : undefined}
      />
      <div className="flex items-center gap-2">
        {microphone.isPossible && <MicrophoneControl microphone={microphone} />}
        <TextBox onSend={onSend} onTrouble={setSendTrouble} />
        <button
          type="button"
          onClick={onHangUp}
          aria-label={ACTIONS.hangUp}
          title={ACTIONS.hangUp}
          className="grid size-12 shrink-0 place-items-center rounded-full bg-surface text-danger transition active:scale-95"
        >
          <HangUpIcon />
        </button>
      </div>
    </div>
  );
}

import { useCallback, useEffect, useRef } from "react";

import type { Line } from "@/hooks/line";
import type { CallEvent } from "@/lib/call";
import { invitationIn } from "@/lib/invitation";
import { lossOf } from "@/lib/loss";
import { rememberedMicrophone } from "@/lib/preferences";
import { keptTicket, type KeptTicket } from "@/lib/ticket";

type Tell = (event: CallEvent) => void;

/**
 * Goes on with a call that this tab, or another one, has had: by itself as the page is loaded, which
 * asks nobody for a microphone, and when it is asked to.
 *
 * @param show Shows what another tab has, of which no line is to be closed.
 */
export function useReturn(line: Line, report: Tell, show: Tell) {
  const hasLooked = useRef(false);

  const goOn = useCallback(
    async (kept: KeptTicket, mayAsk: boolean) => {
      if (line.isUsed) return;
      report({ type: "return_begun" });
      const microphoneId = rememberedMicrophone();
      try {
        await line.openAgain({ kept, microphoneId, mayAsk }, () => report({ type: "room_joined" }));
      } catch (error) {
        report(lossOf(error));
      }
    },
    [line, report],
  );

  useEffect(() => {
    if (hasLooked.current) return;
    hasLooked.current = true;
    const kept = keptTicket();
    // Who has just opened a link wants what it leads to.
    if (invitationIn(window.location.hash) !== "") return;
    if (kept?.isElsewhere) show({ type: "taken_elsewhere" });
    else if (kept) queueMicrotask(() => void goOn(kept, false));
  }, [goOn, show]);

  return goOn;
}

import { useCallback, useEffect, useReducer } from "react";

import type { Line } from "@/hooks/line";
import { useCaptions } from "@/hooks/useCaptions";
import { useLineLoss } from "@/hooks/useLineLoss";
import { useSessionChannel } from "@/hooks/useSessionChannel";
import { callClock } from "@/lib/callClock";
import { isOfTranscript, type SessionEvent } from "@/lib/sessionEvents";
import { interruptionReducer } from "@/lib/signals";
import {
  EMPTY_TRANSCRIPT,
  type Transcript,
  type TranscriptEvent,
  transcriptReducer,
} from "@/lib/transcript";
import type { WaitEar } from "@/lib/waitEar";

type Tell = (event: TranscriptEvent) => void;

/**
 * The conversation as the room tells it, and whether the caller speaks over the bot. Typed lines are
 * added by hand.
 */
export function useTranscript(line: Line, ear: WaitEar): [Transcript, Tell, boolean] {
  const [transcript, dispatch] = useReducer(transcriptReducer, EMPTY_TRANSCRIPT);
  const [isInterrupting, signal] = useReducer(interruptionReducer, false);
  const tell = useCallback<Tell>((event) => {
    if (event.type === "cleared") callClock.forget();
    dispatch({ atMs: callClock.now(), ...event });
  }, []);
  const onEvent = useCallback(
    (event: SessionEvent, isFormer: boolean) => {
      if (!isFormer) signal(event);
      if (isOfTranscript(event)) tell({ ...withOwnEar(event, ear), isFormer });
    },
    [tell, ear],
  );
  const onLoss = useCallback<Tell>(
    (event) => {
      if (event.type === "bot_changed") signal({ type: "bot_gone" });
      tell(event);
    },
    [tell],
  );
  useCaptions(line, tell);
  useSessionChannel(line, onEvent);
  useLineLoss(line, onLoss);
  useEffect(() => {
    line.tellKept((captions) => tell({ type: "kept", captions }));
    return () => {
      line.tellKept(undefined);
      tell({ type: "call_ended" });
      signal({ type: "bot_gone" });
    };
  }, [line, tell]);
  return [transcript, tell, isInterrupting];
}

function withOwnEar<Event extends TranscriptEvent>(event: Event, ear: WaitEar): Event {
  if (event.type !== "turn_added" || event.side !== "bot") return event;
  const ownSecs = ear.waitFor(event.figures.heardSecs);
  return { ...event, figures: { ...event.figures, ownSecs } };
}

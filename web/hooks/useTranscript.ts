import { type Dispatch, useEffect, useReducer } from "react";

import type { Line } from "@/hooks/line";
import { useCaptions } from "@/hooks/useCaptions";
import { useToolCalls } from "@/hooks/useToolCalls";
import {
  EMPTY_TRANSCRIPT,
  type Transcript,
  type TranscriptEvent,
  transcriptReducer,
} from "@/lib/transcript";

/** The conversation as the room tells it. Typed lines are added by hand. */
export function useTranscript(line: Line): [Transcript, Dispatch<TranscriptEvent>] {
  const [transcript, dispatch] = useReducer(transcriptReducer, EMPTY_TRANSCRIPT);
  useCaptions(line, dispatch);
  useToolCalls(line, dispatch);
  useEffect(() => {
    line.tellKept((captions) => dispatch({ type: "kept", captions }));
    return () => line.tellKept(undefined);
  }, [line]);
  return [transcript, dispatch];
}

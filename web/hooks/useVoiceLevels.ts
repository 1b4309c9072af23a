import { createAudioAnalyser, type LocalAudioTrack, type RemoteAudioTrack } from "livekit-client";
import { useCallback, useEffect, useRef } from "react";

import { type Levels, levelOf } from "@/lib/levels";

/** 1024 samples are 21 ms at 48 kHz: one syllable, and less than two screen frames. */
const WINDOW_SAMPLES = 1024;

type Meter = () => number;

function useMeter(track: LocalAudioTrack | RemoteAudioTrack | undefined): Meter {
  const meter = useRef<Meter>(() => 0);

  useEffect(() => {
    if (!track) return;
    const { analyser, cleanup } = createAudioAnalyser(track, { fftSize: WINDOW_SAMPLES });
    const samples = new Float32Array(analyser.fftSize);
    meter.current = () => {
      analyser.getFloatTimeDomainData(samples);
      return levelOf(samples);
    };
    return () => {
      meter.current = () => 0;
      void cleanup();
    };
  }, [track]);

  return useCallback(() => meter.current(), []);
}

/** A function that says how loud both sides are now. Reading it renders nothing. */
export function useVoiceLevels(
  callerTrack: LocalAudioTrack | undefined,
  botTrack: RemoteAudioTrack | undefined,
): () => Levels {
  const caller = useMeter(callerTrack);
  const bot = useMeter(botTrack);
  return useCallback(() => ({ caller: caller(), bot: bot() }), [caller, bot]);
}

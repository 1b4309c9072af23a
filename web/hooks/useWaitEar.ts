import type { LocalAudioTrack, RemoteAudioTrack } from "livekit-client";
import { useEffect, useState } from "react";

import { useMeter } from "@/hooks/useMeter";
import { WaitEar } from "@/lib/waitEar";

/** 341 ms at 48 kHz: a busy page may be late by a quarter of a second and misses nothing. */
const WINDOW_SAMPLES = 16384;
const LISTEN_MS = 50;

/** Listens to both sides while both are there. */
export function useWaitEar(
  callerTrack: LocalAudioTrack | undefined,
  botTrack: RemoteAudioTrack | undefined,
): WaitEar {
  const [ear] = useState(() => new WaitEar());
  const caller = useMeter(callerTrack, WINDOW_SAMPLES);
  const bot = useMeter(botTrack, WINDOW_SAMPLES);
  const hasBoth = callerTrack !== undefined && botTrack !== undefined;

  useEffect(() => {
    if (!hasBoth) return;
    const timer = setInterval(() => {
      const [said, heard] = [caller().read(), bot().read()];
      const { secs, rateHz } = bot().clock();
      if (said && heard) ear.take(said, heard, secs, rateHz);
    }, LISTEN_MS);
    return () => clearInterval(timer);
  }, [ear, caller, bot, hasBoth]);

  return ear;
}

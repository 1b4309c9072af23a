import type { LocalAudioTrack, RemoteAudioTrack } from "livekit-client";
import { useCallback } from "react";

import { useMeter } from "@/hooks/useMeter";
import { type Levels, levelOf } from "@/lib/levels";

/** How loud a track is now, in 0..1. Reading it renders nothing. */
export function useLevel(track: LocalAudioTrack | RemoteAudioTrack | undefined): () => number {
  const meter = useMeter(track);
  return useCallback(() => levelOf(meter().read() ?? []), [meter]);
}

/** A function that says how loud both sides are now. */
export function useVoiceLevels(
  callerTrack: LocalAudioTrack | undefined,
  botTrack: RemoteAudioTrack | undefined,
): () => Levels {
  const caller = useLevel(callerTrack);
  const bot = useLevel(botTrack);
  return useCallback(() => ({ caller: caller(), bot: bot() }), [caller, bot]);
}

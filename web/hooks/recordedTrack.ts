import type { LocalAudioTrack } from "livekit-client";

import type { CallMicrophone } from "@/hooks/callMicrophone";

/** What is said into it reaches the bot, although nobody is there yet; undefined if it does not. */
export function recordedTrack({ track }: CallMicrophone): LocalAudioTrack | undefined {
  return track?.hasPreConnectBuffer && !track.isMuted ? track : undefined;
}

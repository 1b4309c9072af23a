import { useEffect, useEffectEvent } from "react";

import { PRODUCT_NAME } from "@/lib/texts";

type CallAction = "togglemicrophone" | "hangup";

interface CallButtons {
  isMicrophoneOn: boolean;
  mute: () => void;
  end: () => void;
}

/** What the buttons of a headset, of the lock screen and of a small window do in a call. */
export function useMediaSession({ isMicrophoneOn, mute, end }: CallButtons): void {
  const onMute = useEffectEvent(mute);
  const onEnd = useEffectEvent(end);

  useEffect(() => {
    if (!("mediaSession" in navigator)) return;
    const { mediaSession } = navigator;
    const set = (action: CallAction, handler: (() => void) | null) => {
      try {
        mediaSession.setActionHandler(action as MediaSessionAction, handler);
      } catch {
        // Browsers know different ones, and throw at the others.
      }
    };
    set("togglemicrophone", () => onMute());
    set("hangup", () => onEnd());
    if ("MediaMetadata" in window)
      mediaSession.metadata = new MediaMetadata({ title: PRODUCT_NAME });
    return () => {
      set("togglemicrophone", null);
      set("hangup", null);
      mediaSession.metadata = null;
    };
  }, []);

  useEffect(() => {
    if (!("mediaSession" in navigator)) return;
    const { mediaSession } = navigator as { mediaSession: { setMicrophoneActive?: unknown } };
    const tell = mediaSession.setMicrophoneActive;
    if (typeof tell === "function")
      void Promise.resolve(tell.call(mediaSession, isMicrophoneOn)).catch(() => undefined);
  }, [isMicrophoneOn]);
}

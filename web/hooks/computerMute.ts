/** While a device is being switched the computer mutes it for a moment. */
const MUTE_MS = 700;

/** Tells whether the computer has muted a track, until the function that it returns is called. */
export function watchComputerMute(
  source: MediaStreamTrack,
  tell: (isMuted: boolean) => void,
): () => void {
  let muting: ReturnType<typeof setTimeout> | undefined;
  const onMute = () => {
    clearTimeout(muting);
    muting = setTimeout(() => tell(true), MUTE_MS);
  };
  const onUnmute = () => {
    clearTimeout(muting);
    tell(false);
  };
  source.addEventListener("mute", onMute);
  source.addEventListener("unmute", onUnmute);
  if (source.muted) onMute();
  else onUnmute();
  return () => {
    clearTimeout(muting);
    source.removeEventListener("mute", onMute);
    source.removeEventListener("unmute", onUnmute);
  };
}

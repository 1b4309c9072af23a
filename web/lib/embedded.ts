/**
 * The page in a page of somebody else's, whose loader is public/embed.js (docs/embed.md). Who may
 * frame it is the server's to say (EMBED_ORIGINS). Both tell each other names and nothing that was
 * said, and each says to which origin.
 */

/** `ready`: the page may be shown here; the other names of what happens are the call's phases. */
const READY = "ready";

export function isEmbedded(): boolean {
  return window.parent !== window;
}

/** Runs in the page's own HTML: a page that may not be shown never comes to it. */
export const READY_SCRIPT = `(() => {
  const host = new URLSearchParams(location.search).get("host");
  if (parent !== window && host) parent.postMessage("${READY}", new URL(host).origin);
})();`;

/** The page around ours, as its loader has named it; undefined where none did. */
function hostOrigin(): string | undefined {
  const given = new URLSearchParams(window.location.search).get("host");
  if (!isEmbedded() || given === null) return undefined;
  try {
    const { origin } = new URL(given);
    return origin === "null" ? undefined : origin;
  } catch {
    return undefined;
  }
}

/** Tells the page around ours what has happened. Another one than the loader's is told nothing. */
export function tellHost(event: string): void {
  const origin = hostOrigin();
  if (origin !== undefined) window.parent.postMessage(event, origin);
}

/** Calls back when the page around ours has closed the panel; the function it returns ends that. */
export function onHostClose(listener: () => void): () => void {
  const hear = ({ source, origin, data }: MessageEvent) => {
    if (source !== window.parent || origin !== hostOrigin()) return;
    if (data === "close") listener();
  };
  window.addEventListener("message", hear);
  return () => window.removeEventListener("message", hear);
}

/** Whether the page around ours keeps the microphone from it; only Chromium tells. */
export function isMicrophoneKept(): boolean {
  if (!isEmbedded()) return false;
  // A page in one that came over HTTP is not secure, whatever its own address says.
  if (!window.isSecureContext && window.location.protocol === "https:") return true;
  const { featurePolicy } = document as { featurePolicy?: FeaturePolicy };
  return featurePolicy?.allowsFeature("microphone") === false;
}

interface FeaturePolicy {
  allowsFeature: (name: string) => boolean;
}

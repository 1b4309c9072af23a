/** How the connection is, as far as the page can tell. */

/** `weak`: what is heard and said still gets through, perhaps; `lost`: it does not. */
export type Link = "good" | "weak" | "offline" | "lost";

/** Whether the page is in its call. */
export function isThere(link: Link): link is "good" | "weak" {
  return link === "good" || link === "weak";
}

export interface LinkSigns {
  /** What LiveKit's client says of its connection to the server. */
  room: "connected" | "resuming" | "reconnecting";
  /** What the browser says of the connection that carries the sound. */
  media: "unknown" | "flowing" | "stopped";
  /** The connection has been silent for longer than a short break takes. */
  isLong: boolean;
  /** The server hears nothing of us any more. */
  isQualityLost: boolean;
  /** What the browser says of the network. */
  isOnline: boolean;
}

export const GOOD_SIGNS: LinkSigns = {
  room: "connected",
  media: "unknown",
  isLong: false,
  isQualityLost: false,
  isOnline: true,
};

/** Nothing gets through, as far as is known; without its signal alone a call is still heard. */
export function isSilent({ room, media }: LinkSigns): boolean {
  return media === "stopped" || (room === "resuming" && media !== "flowing");
}

export function linkOf(signs: LinkSigns): Link {
  const { room, isLong, isQualityLost, isOnline } = signs;
  if (room === "reconnecting" || (isLong && isSilent(signs))) return isOnline ? "lost" : "offline";
  const isWeak = room === "resuming" || isQualityLost || !isOnline || isSilent(signs);
  return isWeak ? "weak" : "good";
}

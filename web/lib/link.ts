/** How the connection is, as far as the page can tell. */

/** `weak`: what is heard and said still gets through, perhaps; `lost`: it does not. */
export type Link = "good" | "weak" | "offline" | "lost";

export interface LinkSigns {
  /** What LiveKit's client says of its connection to the server. */
  room: "connected" | "resuming" | "reconnecting";
  /** The server hears nothing of us any more. */
  isQualityLost: boolean;
  /** What the browser says of the network. */
  isOnline: boolean;
}

export const GOOD_SIGNS: LinkSigns = { room: "connected", isQualityLost: false, isOnline: true };

export function linkOf({ room, isQualityLost, isOnline }: LinkSigns): Link {
  if (room === "reconnecting") return isOnline ? "lost" : "offline";
  return room === "resuming" || isQualityLost || !isOnline ? "weak" : "good";
}

import { LocalTrack, RemoteTrack, type Room } from "livekit-client";

/** Whether sound can get through now, as far as the browser knows. */
export type Media = "unknown" | "flowing" | "stopped";

const LOOK_MS = 1_000;

const STOPPED: ReadonlySet<RTCIceTransportState> = new Set(["disconnected", "failed", "closed"]);

/**
 * Looks at what carries the tracks of both sides. LiveKit's client tells of a connection that is
 * gone only once it has been so for 15 s; the browser knows after five.
 */
export function watchMedia(room: Room, onChange: (media: Media) => void): () => void {
  let last: Media = "unknown";
  const timer = setInterval(() => {
    const now = mediaOf(room);
    if (now !== last) onChange((last = now));
  }, LOOK_MS);
  return () => clearInterval(timer);
}

function mediaOf(room: Room): Media {
  const states = [room.localParticipant, ...room.remoteParticipants.values()]
    .flatMap((participant) => [...participant.trackPublications.values()])
    .flatMap(({ track }) => stateOf(track) ?? []);
  if (states.some((state) => STOPPED.has(state))) return "stopped";
  const isFlowing = states.some((state) => state === "connected" || state === "completed");
  return isFlowing ? "flowing" : "unknown";
}

/** Undefined where there is none yet; some browsers never tell. */
function stateOf(track: unknown): RTCIceTransportState | undefined {
  if (track instanceof LocalTrack) return track.sender?.transport?.iceTransport?.state;
  if (track instanceof RemoteTrack) return track.receiver?.transport?.iceTransport?.state;
  return undefined;
}

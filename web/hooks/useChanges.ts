import type { ParticipantEvent, RoomEvent } from "livekit-client";
import { useCallback, useRef, useSyncExternalStore } from "react";

/** What LiveKit's rooms and participants have in common. */
interface Emitter {
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/**
 * Renders anew with each of these events; what is shown is read from the source itself. The hooks
 * that LiveKit has for it bring more code along than all of ours.
 *
 * @param events The same array each time.
 */
export function useChanges(
  source: Emitter,
  events: readonly (RoomEvent | ParticipantEvent)[],
): void {
  const count = useRef(0);

  const subscribe = useCallback(
    (onChange: () => void) => {
      const look = () => {
        count.current++;
        onChange();
      };
      for (const event of events) source.on(event, look);
      // It may have changed before it was listened to.
      look();
      return () => {
        for (const event of events) source.off(event, look);
      };
    },
    [source, events],
  );

  useSyncExternalStore(
    subscribe,
    () => count.current,
    () => 0,
  );
}

import { useEffect, useReducer } from "react";

/** What LiveKit's rooms, participants and publications have in common. */
interface Emitter<Event extends string> {
  on: (event: Event, listener: () => void) => unknown;
  off: (event: Event, listener: () => void) => unknown;
}

/**
 * Renders anew with each of these events; what is shown is read from the source itself. The hooks
 * that LiveKit has for it bring more code along than all of ours.
 *
 * @param events The same array each time.
 */
export function useChanges<Event extends string>(
  source: Emitter<Event>,
  events: readonly Event[],
): void {
  const [, look] = useReducer((count: number) => count + 1, 0);

  useEffect(() => {
    for (const event of events) source.on(event, look);
    // It may have changed before it was listened to.
    look();
    return () => {
      for (const event of events) source.off(event, look);
    };
  }, [source, events]);
}

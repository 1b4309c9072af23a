import { RemoteTrack, type Room } from "livekit-client";
import { useEffect, useState } from "react";

import type { Line } from "@/hooks/line";
import { type CheckResult, pathOf } from "@/lib/check";

/** Which way the sound of this call takes, direct or relayed; looked up while somebody looks. */
export function useSoundPath({ room }: Line, isWanted: boolean): CheckResult | undefined {
  const [path, setPath] = useState<CheckResult>();

  useEffect(() => {
    if (!isWanted) return;
    let isOver = false;
    const show = (found: CheckResult | undefined) => {
      if (!isOver) setPath(found);
    };
    lookUp(room).then(show, () => show(undefined));
    return () => {
      isOver = true;
    };
  }, [room, isWanted]);

  return path;
}

async function lookUp(room: Room): Promise<CheckResult | undefined> {
  const heard = [...room.remoteParticipants.values()]
    .flatMap(({ trackPublications }) => [...trackPublications.values()])
    .map(({ track }) => track)
    .find((track) => track instanceof RemoteTrack);
  const stats = await heard?.getRTCStatsReport();
  return stats && pathOf(stats.values() as Iterable<Record<string, unknown>>);
}

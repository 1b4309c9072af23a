import { RoomEvent } from "livekit-client";
import { useEffect, useState } from "react";

import type { Line } from "@/hooks/line";
import { devicesOf } from "@/lib/devices";

export interface Device {
  id: string;
  label: string;
  /** Devices of one thing, as the two ends of a headset, and its second name "default". */
  groupId: string;
}

async function namedDevices(kind: MediaDeviceKind): Promise<Device[]> {
  // Before it is allowed the browser tells only that there is one.
  return (await devicesOf(kind))
    .filter(({ deviceId }) => deviceId !== "")
    .map(({ deviceId, label, groupId }) => ({ id: deviceId, label, groupId }));
}

/** The devices of one kind, as they come, go and are given names, and the one in use. */
export function useDevices(kind: MediaDeviceKind, { room }: Line) {
  const [devices, setDevices] = useState<Device[]>([]);
  const [activeId, setActiveId] = useState<string>();

  useEffect(() => {
    let newest = 0;
    const look = () => {
      const own = ++newest;
      void namedDevices(kind).then((found) => {
        if (own !== newest) return;
        setDevices(found);
        setActiveId(room.getActiveDevice(kind));
      });
    };
    look();
    const media: MediaDevices | undefined = navigator.mediaDevices;
    media?.addEventListener("devicechange", look);
    // With the first microphone that is allowed come the names of all.
    room.on(RoomEvent.LocalTrackPublished, look).on(RoomEvent.ActiveDeviceChanged, look);
    return () => {
      newest = -1;
      media?.removeEventListener("devicechange", look);
      room.off(RoomEvent.LocalTrackPublished, look).off(RoomEvent.ActiveDeviceChanged, look);
    };
  }, [kind, room]);

  return { devices, activeId };
}

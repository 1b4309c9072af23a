/** The microphones and loudspeakers of this computer, as far as the browser tells. */

/** None where it does not: the property is missing on insecure pages, whatever the types say. */
export async function devicesOf(kind: MediaDeviceKind): Promise<MediaDeviceInfo[]> {
  const media: MediaDevices | undefined = navigator.mediaDevices;
  const devices = await media?.enumerateDevices().catch(() => []);
  return (devices ?? []).filter((device) => device.kind === kind);
}

export async function isThere(kind: MediaDeviceKind, deviceId: string): Promise<boolean> {
  return (await devicesOf(kind)).some((device) => device.deviceId === deviceId);
}

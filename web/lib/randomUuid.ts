/**
 * `crypto.randomUUID` is missing where the page is not served securely; LiveKit's client names
 * typed lines and answers by it. Random bytes are there, and typing works without HTTPS.
 */
export function provideRandomUuid(): void {
  // Missing on insecure pages whatever the types say.
  const given = crypto as { randomUUID?: typeof randomUuid };
  given.randomUUID ??= randomUuid;
}

/** Version 4 of RFC 9562. */
function randomUuid(): `${string}-${string}-${string}-${string}-${string}` {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const part = (from: number, to: number) => hex.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20, 32)}`;
}

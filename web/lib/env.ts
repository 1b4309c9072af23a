/** The only place that reads build-time variables. Next replaces the name by its value at build. */

interface Env {
  /** Where the HTTP API lives, without a trailing slash; empty means the page's own origin. */
  apiUrl: string;
}

/** Accepts an http(s) address or nothing, so a typo stops the build instead of every call. */
export function parseApiUrl(value: string | undefined): string {
  if (!value) return "";
  const url = addressOf(value);
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new Error("NEXT_PUBLIC_API_URL must be an http or https address, or empty.");
  }
  return url.href.replace(/\/+$/, "");
}

function addressOf(value: string): URL | undefined {
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}

export const env: Env = { apiUrl: parseApiUrl(process.env.NEXT_PUBLIC_API_URL) };

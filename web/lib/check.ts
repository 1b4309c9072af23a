/** What is looked at before a call, and what was found. */

import type { FailureCode } from "@/lib/failure";

export const CHECKS = [
  "browser",
  "microphone",
  "speaker",
  "server",
  "line",
  "sound",
  "relay",
] as const;

export type CheckName = (typeof CHECKS)[number];

/** Good, or how it goes all the same, or what has to be mended. */
export type CheckStatus = "waiting" | "running" | "good" | "weak" | "bad" | "skipped";

/** What was found, each with its sentence; a failure of a call is told as it is there. */
export type Finding = FailureCode | OwnFinding;

export type OwnFinding =
  | "browser_ok"
  | "microphone_ok"
  | "microphone_silent"
  | "speaker_ok"
  | "speaker_silent"
  | "server_ok"
  | "line_ok"
  | "line_blocked"
  | "sound_udp"
  | "sound_tcp"
  | "sound_relayed"
  | "sound_blocked"
  | "relay_ok"
  | "relay_none"
  | "relay_blocked"
  | "not_reached";

export interface CheckResult {
  status: CheckStatus;
  finding?: Finding | undefined;
  /** For whoever helps: numbers and names, nothing secret. */
  note?: string | undefined;
}

export type CheckResults = Readonly<Record<CheckName, CheckResult>>;

export const NOTHING_CHECKED = Object.fromEntries(
  CHECKS.map((name) => [name, { status: "waiting" }]),
) as CheckResults;

export const found = (status: CheckStatus, finding: Finding, note?: string): CheckResult => ({
  status,
  finding,
  note,
});

const NEEDED = [
  ["RTCPeerConnection", "WebRTC"],
  ["WebSocket", "WebSocket"],
  ["MediaRecorder", "recording"],
  ["AudioContext", "Web Audio"],
] as const;

/** Whether this browser has what a call needs, on a page that may use a microphone. */
export function checkBrowser(browser: Window & typeof globalThis): CheckResult {
  const { userAgent } = browser.navigator;
  if (!browser.isSecureContext) return found("bad", "insecure_context", userAgent);
  const missing = NEEDED.filter(([name]) => !(name in browser)).map(([, label]) => label);
  if (missing.length === 0) return found("good", "browser_ok", userAgent);
  return found("bad", "browser_old", `${userAgent}; without ${missing.join(", ")}`);
}

/** How a call would go, by the candidates that the browser and the server agreed on. */
export function pathOf(stats: Iterable<Record<string, unknown>>): CheckResult | undefined {
  const all = [...stats];
  const byId = (id: unknown) => all.find((one) => one.id === id);
  const pair = all.find(
    ({ type, nominated, state }) => type === "candidate-pair" && nominated && state === "succeeded",
  );
  const [local, remote] = [byId(pair?.localCandidateId), byId(pair?.remoteCandidateId)];
  if (!pair || !local || !remote) return undefined;
  const rttMs = Math.round(Number(pair.currentRoundTripTime ?? 0) * 1000);
  const isRelayed = local.candidateType === "relay";
  const protocol = String((isRelayed && local.relayProtocol) || remote.protocol);
  const note = `${protocol}${isRelayed ? " by relay" : ""}, ${rttMs} ms`;
  if (isRelayed) return found(protocol === "udp" ? "good" : "weak", "sound_relayed", note);
  return protocol === "udp" ? found("good", "sound_udp", note) : found("weak", "sound_tcp", note);
}

/** What somebody who helps wants to read. It holds no token, name or word. */
export function reportOf(results: CheckResults, address: string): string {
  const lines = CHECKS.map((name) => {
    const { status, finding, note } = results[name];
    return [`${name}: ${status}`, finding, note].filter(Boolean).join(" | ");
  });
  return [`Parley check of ${address}, ${new Date().toISOString()}`, ...lines].join("\n");
}

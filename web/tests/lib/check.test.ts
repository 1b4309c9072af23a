import { describe, expect, it } from "vitest";

import { checkBrowser, found, NOTHING_CHECKED, pathOf, reportOf } from "@/lib/check";

const pair = (changes = {}) => ({
  type: "candidate-pair",
  nominated: true,
  state: "succeeded",
  localCandidateId: "l",
  remoteCandidateId: "r",
  currentRoundTripTime: 0.0124,
  ...changes,
});
const local = (changes = {}) => ({ id: "l", candidateType: "host", protocol: "udp", ...changes });
const remote = (protocol: string) => ({ id: "r", candidateType: "host", protocol });

describe("pathOf", () => {
  it.each([
    ["udp", [pair(), local(), remote("udp")], "good", "sound_udp", "udp, 12 ms"],
    ["tcp", [remote("tcp"), local(), pair()], "weak", "sound_tcp", "tcp, 12 ms"],
    [
      "a relay over udp",
      [pair(), local({ candidateType: "relay", relayProtocol: "udp" }), remote("udp")],
      "good",
      "sound_relayed",
      "udp by relay, 12 ms",
    ],
    [
      "a relay over tls",
      [pair(), local({ candidateType: "relay", relayProtocol: "tls" }), remote("udp")],
      "weak",
      "sound_relayed",
      "tls by relay, 12 ms",
    ],
    [
      "no round trip yet",
      [pair({ currentRoundTripTime: undefined }), local(), remote("udp")],
      "good",
      "sound_udp",
      "udp, 0 ms",
    ],
  ] as const)("tells %s", (_, stats, status, finding, note) => {
    expect(pathOf(stats)).toEqual({ status, finding, note });
  });

  it.each([
    ["nothing", []],
    ["a pair that is still tried", [pair({ state: "in-progress" }), local(), remote("udp")]],
    ["a pair that was not chosen", [pair({ nominated: false }), local(), remote("udp")]],
    ["a pair of candidates that are not listed", [pair(), local()]],
  ])("waits while there is %s", (_, stats) => {
    expect(pathOf(stats)).toBeUndefined();
  });
});

describe("checkBrowser", () => {
  const browser = (changes: object) =>
    ({
      isSecureContext: true,
      navigator: { userAgent: "Browser/1" },
      RTCPeerConnection: 1,
      WebSocket: 1,
      MediaRecorder: 1,
      AudioContext: 1,
      ...changes,
    }) as unknown as Window & typeof globalThis;

  it("is content with what a call needs", () => {
    expect(checkBrowser(browser({}))).toMatchObject({ status: "good", finding: "browser_ok" });
  });

  it("names the page before the browser: without HTTPS there is no microphone anywhere", () => {
    expect(checkBrowser(browser({ isSecureContext: false })).finding).toBe("insecure_context");
  });

  it("says what is missing", () => {
    const bare = browser({});
    delete (bare as Partial<typeof bare>).RTCPeerConnection;
    const { status, finding, note } = checkBrowser(bare);
    expect([status, finding]).toEqual(["bad", "browser_old"]);
    expect(note).toContain("WebRTC");
  });
});

describe("reportOf", () => {
  it("has a line for each thing, also for what was not looked at", () => {
    const results = { ...NOTHING_CHECKED, sound: found("weak", "sound_tcp", "tcp, 40 ms") };
    const [head, ...lines] = reportOf(results, "https://voice.example").split("\n");
    expect(head).toContain("https://voice.example");
    expect(lines).toContain("sound: weak | sound_tcp | tcp, 40 ms");
    expect(lines).toContain("relay: waiting");
    expect(lines).toHaveLength(7);
  });
});

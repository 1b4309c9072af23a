import {
  CheckStatus as LineStatus,
  type CheckInfo,
  ConnectionCheck,
  LocalAudioTrack,
  Room,
  Track,
} from "livekit-client";

import { after } from "@/hooks/pause";
import { quietLog } from "@/hooks/quietLog";
import { type CheckName, type CheckResult, found, pathOf } from "@/lib/check";
import type { LineAccess } from "@/lib/lineAccess";

const PATH_LIMIT_MS = 10_000;
const LOOK_EVERY_MS = 250;

type Report = (name: CheckName, result: CheckResult) => void;

/** The way to the voice server, in the order in which a call takes it. Never throws. */
export async function checkLine({ url, token }: LineAccess, report: Report): Promise<void> {
  quietLog();
  const check = new ConnectionCheck(url, token);
  report("line", { status: "running" });
  const line = await check.checkWebsocket();
  if (line.status !== LineStatus.SUCCESS) {
    report("line", found("bad", "line_blocked", noteOf(line)));
    for (const name of ["sound", "relay"] as const) report(name, found("skipped", "not_reached"));
    return;
  }
  report("line", found("good", "line_ok", noteOf(line)));
  report("sound", { status: "running" });
  report("sound", await checkSound(url, token));
  report("relay", { status: "running" });
  const relay = await check.checkTURN();
  report("relay", relayResult(relay));
}

function noteOf({ logs }: CheckInfo): string {
  return logs.map(({ message }) => message).join("; ");
}

function relayResult(info: CheckInfo): CheckResult {
  if (info.status === LineStatus.SKIPPED) return found("skipped", "relay_none");
  const isGood = info.status === LineStatus.SUCCESS;
  return isGood
    ? found("good", "relay_ok", noteOf(info))
    : found("weak", "relay_blocked", noteOf(info));
}

/** Sends a silence as a call would send a voice, and sees which way it goes. */
async function checkSound(url: string, token: string): Promise<CheckResult> {
  const room = new Room({ disconnectOnPageLeave: true });
  const context = contextOrNone();
  // Without a silence there is nothing to send, which is no fault of the way.
  if (!context) return found("skipped", "not_reached", "no AudioContext");
  try {
    await room.connect(url, token, { maxRetries: 0 });
    const [silence] = context.createMediaStreamDestination().stream.getAudioTracks();
    if (!silence) return found("bad", "sound_blocked", "no track");
    const track = new LocalAudioTrack(silence, undefined, true);
    await room.localParticipant.publishTrack(track, { source: Track.Source.Microphone });
    for (let waitedMs = 0; waitedMs < PATH_LIMIT_MS; waitedMs += LOOK_EVERY_MS) {
      const stats = await track.getRTCStatsReport();
      const path = stats && pathOf(stats.values() as Iterable<Record<string, unknown>>);
      if (path) return path;
      await after(LOOK_EVERY_MS);
    }
    return found("bad", "sound_blocked", "no path was found");
  } catch (error) {
    return found("bad", "sound_blocked", error instanceof Error ? error.message : "");
  } finally {
    await Promise.allSettled([room.disconnect(), context.close()]);
  }
}

function contextOrNone(): AudioContext | undefined {
  try {
    return new AudioContext();
  } catch {
    // Browsers bound their number, and extensions take them away.
    return undefined;
  }
}

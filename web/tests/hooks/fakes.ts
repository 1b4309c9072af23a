import {
  ParticipantKind,
  RemoteTrack,
  type Room,
  RoomEvent,
  type TextStreamHandler,
} from "livekit-client";
import { vi } from "vitest";

import { CallMicrophone } from "@/hooks/callMicrophone";
import { CallRoom } from "@/hooks/callRoom";
import { CallSpeaker } from "@/hooks/callSpeaker";
import type { Line } from "@/hooks/line";
import { BotClocks } from "@/lib/botClocks";
import { Bots } from "@/lib/bots";
import { CallLength } from "@/lib/callLength";
import { Holder } from "@/lib/holder";

/** A real Room that never connects, on a line that opens and closes when the test says so. */
export function fakeLine() {
  const room = new CallRoom();
  const line = {
    room,
    voice: {
      bots: new Bots(),
      clocks: new BotClocks(),
      length: new CallLength(),
      holder: new Holder(),
      speaker: new CallSpeaker(room),
    },
    microphone: new CallMicrophone(room, new AbortController().signal, () => undefined),
    isClosed: false,
    isUsed: false,
    stage: "joined" as Line["stage"],
    tellKept: vi.fn<Line["tellKept"]>(),
    openAgain: vi.fn<Line["openAgain"]>(() => new Promise(() => undefined)),
    comeBack: vi.fn<Line["comeBack"]>(() => new Promise(() => undefined)),
    handOver: vi.fn<Line["handOver"]>(async () => void (line.isClosed = true)),
    open: vi.fn<Line["open"]>(() => new Promise(() => undefined)),
    close: vi.fn<Line["close"]>(async () => void (line.isClosed = true)),
    abandon: vi.fn<Line["abandon"]>(),
    leaveBehind: vi.fn<Line["leaveBehind"]>(async () => void (line.isClosed = true)),
    held: { whyEnded: vi.fn<Line["held"]["whyEnded"]>(async () => undefined) },
  };
  return line as typeof line & Line;
}

/** A track of the bot as the browser carries it. */
export function carriedTrack(state: RTCIceTransportState) {
  const iceTransport = { state };
  const track = Object.assign(Object.create(RemoteTrack.prototype), {
    receiver: { transport: { iceTransport } },
  }) as RemoteTrack;
  return { iceTransport, publication: { track } };
}

/** The bot as events carry it. */
export function fakeBot(attributes: Record<string, string>) {
  return { kind: ParticipantKind.AGENT, attributes };
}

export function emitAttributes(room: Room, attributes: Record<string, string>): void {
  const participant = fakeBot(attributes) as never;
  room.emit(RoomEvent.ParticipantAttributesChanged, attributes, participant);
}

/** One text stream as the room hands it to its handler. */
export function fakeStream(chunks: string[], attributes: Record<string, string>, trailer = {}) {
  const info = { id: "stream", attributes };
  async function* iterate() {
    for (const chunk of chunks) yield chunk;
    Object.assign(attributes, trailer);
  }
  return Object.assign(iterate(), { info }) as unknown as Parameters<TextStreamHandler>[0];
}

/** A stream that has not ended yet: one chunk, and the rest once it may go on. */
export function endlessStream(chunk: string, count: number) {
  let taken = 0;
  let go: () => void = () => undefined;
  const going = new Promise<void>((resolve) => (go = resolve));
  async function* iterate() {
    for (; taken < count; taken++) {
      if (taken === 1 && count === 2) await going;
      yield chunk;
    }
    await new Promise(() => undefined);
  }
  const info = { id: "endless", attributes: { "lk.segment_id": "endless" } };
  const stream = Object.assign(iterate(), { info }) as unknown as Parameters<TextStreamHandler>[0];
  return { stream, taken: () => taken, go: () => go() };
}

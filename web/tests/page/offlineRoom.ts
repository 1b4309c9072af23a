import { ParticipantInfo, ParticipantInfo_Kind, TrackInfo } from "@livekit/protocol";
import type * as LiveKit from "livekit-client";
import type {
  ByteStreamHandler,
  LocalAudioTrack,
  LocalTrackPublication,
  ParticipantEvent,
  TextStreamHandler,
  TrackPublishOptions,
} from "livekit-client";

const BOT = "bot";
const LISTENER = "listener";

/** What the test needs of a room that the page made. */
export interface OfflineRoom extends LiveKit.Room {
  joined: { url: string; token: string } | undefined;
  published: { track: LocalAudioTrack; options: TrackPublishOptions | undefined } | undefined;
  /** During which event the page asked for sound; browsers give it within a click only. */
  soundAskedIn: string | undefined;
  typed: string[];
  answers: { method: string; payload: unknown }[];
  hasLeft: boolean;
  isUnreachable: boolean;
  isStuck: boolean;
  botComes: (attributes?: Record<string, string>) => void;
  botSays: (attributes: Record<string, string>) => void;
  botLeaves: () => void;
  ends: (reason: LiveKit.DisconnectReason) => void;
  hears: (
    identity: string,
    chunks: string[],
    attributes: Record<string, string>,
    breaksOff?: boolean,
    until?: Promise<void>,
  ) => void;
  isTold: (data: Uint8Array, sending?: Sending) => void;
}

/** How a message of the bot comes. */
export interface Sending {
  breaksOff?: boolean;
  /** Of which bot, where that is said. */
  job?: string;
  /** It has begun, and the rest of it waits. */
  until?: Promise<void>;
}

/** Every room of the page under test, the newest last. */
export const rooms: OfflineRoom[] = [];

/** LiveKit's client with such rooms, for `vi.mock`. */
export async function mocked(original: <T>() => Promise<T>) {
  const livekit = await original<typeof LiveKit>();
  return { ...livekit, Room: offline(livekit) };
}

/** LiveKit's own room, with nobody behind it: the test plays the server and the bot. */
function offline(livekit: typeof LiveKit): typeof LiveKit.Room {
  const { LocalTrackPublication, ParticipantKind, RemoteParticipant, Room, Track } = livekit;
  const { ConnectionState, DisconnectReason, RoomEvent } = livekit;

  return class extends Room implements OfflineRoom {
    joined: OfflineRoom["joined"];
    published: OfflineRoom["published"];
    soundAskedIn: string | undefined;
    typed: string[] = [];
    answers: OfflineRoom["answers"] = [];
    hasLeft = false;
    isUnreachable = false;
    isStuck = false;
    private textHandlers = new Map<string, TextStreamHandler>();
    private byteHandlers = new Map<string, ByteStreamHandler>();

    constructor(options?: LiveKit.RoomOptions) {
      super(options);
      rooms.push(this);
      const own = this.localParticipant;
      this.connect = async (url, token) => {
        if (this.isUnreachable) throw new Error("could not establish signal connection");
        this.joined = { url, token };
        this.hasLeft = false;
        own.sid = "PA_own";
        this.emit(RoomEvent.SignalConnected);
        this.state = ConnectionState.Connected;
        this.emit(RoomEvent.Connected);
      };
      this.disconnect = async () => {
        if (this.hasLeft) return;
        this.hasLeft = true;
        this.state = ConnectionState.Disconnected;
        if (this.isStuck) return new Promise(() => undefined);
        if (this.joined) this.emit(RoomEvent.Disconnected, DisconnectReason.CLIENT_INITIATED);
      };
      const { startAudio } = this;
      this.startAudio = () => {
        this.soundAskedIn ??= window.event?.type;
        return startAudio();
      };
      own.publishTrack = async (track, publishOptions) =>
        this.publish(track as LocalAudioTrack, publishOptions);
      own.sendText = async (text) => {
        this.typed.push(text);
        return { id: `typed-${this.typed.length}` } as LiveKit.TextStreamInfo;
      };
      own.performRpc = async ({ destinationIdentity, method, payload }) => {
        if (destinationIdentity !== BOT) throw new Error("no such participant");
        this.answers.push({ method, payload: JSON.parse(payload) });
        return "";
      };
    }

    override registerTextStreamHandler(topic: string, handler: TextStreamHandler) {
      super.registerTextStreamHandler(topic, handler);
      this.textHandlers.set(topic, handler);
    }

    override registerByteStreamHandler(topic: string, handler: ByteStreamHandler) {
      super.registerByteStreamHandler(topic, handler);
      this.byteHandlers.set(topic, handler);
    }

    botComes(attributes: Record<string, string> = { "lk.agent.state": "listening" }) {
      const { client } = this.engine;
      // Somebody who only listens is often there first, and may say whatever they like of themselves.
      const said = { "parley.end_reason": "drained", "lk.agent.state": "speaking" };
      const listener = new RemoteParticipant(client, "PA_1", LISTENER, "", "", said);
      this.remoteParticipants.set(LISTENER, listener);
      this.emit(RoomEvent.ParticipantConnected, listener);
      this.emit(RoomEvent.ParticipantAttributesChanged, said, listener);
      const kind = ParticipantKind.AGENT;
      const bot = new RemoteParticipant(client, "PA_bot", BOT, "", "", {}, undefined, kind);
      this.remoteParticipants.set(BOT, bot);
      this.botSays(attributes);
      this.emit(RoomEvent.ParticipantConnected, bot);
    }

    botSays(attributes: Record<string, string>) {
      const bot = this.remoteParticipants.get(BOT);
      bot?.updateInfo(
        new ParticipantInfo({
          identity: BOT,
          sid: "PA_bot",
          kind: ParticipantInfo_Kind.AGENT,
          attributes: { ...bot.attributes, ...attributes },
        }),
      );
      if (bot) this.emit(RoomEvent.ParticipantAttributesChanged, attributes, bot);
    }

    botLeaves() {
      const bot = this.remoteParticipants.get(BOT);
      this.remoteParticipants.delete(BOT);
      if (bot) this.emit(RoomEvent.ParticipantDisconnected, bot);
    }

    ends(reason: LiveKit.DisconnectReason) {
      this.hasLeft = true;
      this.state = ConnectionState.Disconnected;
      this.remoteParticipants.clear();
      const { trackPublications, audioTrackPublications } = this.localParticipant;
      const lost = [...trackPublications.values()] as LocalTrackPublication[];
      trackPublications.clear();
      audioTrackPublications.clear();
      for (const publication of lost) {
        this.localParticipant.emit(livekit.ParticipantEvent.LocalTrackUnpublished, publication);
      }
      this.emit(RoomEvent.Disconnected, reason);
    }

    hears(
      identity: string,
      chunks: string[],
      attributes: Record<string, string>,
      breaksOff = false,
      until = Promise.resolve(),
    ) {
      async function* words() {
        await until;
        yield* chunks;
        if (breaksOff) throw new Error("the stream broke off");
      }
      const info = { id: "stream", attributes };
      const reader = Object.assign(words(), { info });
      this.textHandlers.get("lk.transcription")?.(
        reader as unknown as Parameters<TextStreamHandler>[0],
        { identity },
      );
    }

    isTold(data: Uint8Array, { breaksOff = false, job, until }: Sending = {}) {
      async function* bytes() {
        if (breaksOff) throw new Error("the stream broke off");
        yield data.slice(0, 3);
        await until;
        yield data.slice(3);
      }
      const attributes = job === undefined ? {} : { "parley.job": job };
      const reader = Object.assign(bytes(), { info: { id: "message", attributes } });
      this.byteHandlers.get("lk.agent.session")?.(
        reader as unknown as Parameters<ByteStreamHandler>[0],
        { identity: BOT },
      );
    }

    private async publish(track: LocalAudioTrack, options?: TrackPublishOptions) {
      const own = this.localParticipant;
      const info = new TrackInfo({ sid: "TR_1", source: Track.sourceToProto(track.source) });
      const publication = new LocalTrackPublication(Track.Kind.Audio, info, track);
      this.published = { track, options };
      own.trackPublications.set(info.sid, publication);
      own.audioTrackPublications.set(info.sid, publication);
      const hasDevice = async () => {
        const id = (await track.getDeviceId(false)) ?? "";
        own.activeDeviceMap.set("audioinput", id);
        this.emit(RoomEvent.ActiveDeviceChanged, "audioinput", id);
      };
      track.on(livekit.TrackEvent.Restarted, hasDevice);
      track.on(livekit.TrackEvent.Ended, own["handleTrackEnded"]);
      relay(own, publication, livekit.ParticipantEvent);
      this.emit(RoomEvent.LocalTrackPublished, publication, own);
      void hasDevice();
      return publication;
    }
  };
}

/** Tells the page of its own track, as LiveKit's client does once the server has taken it. */
function relay(
  own: LiveKit.LocalParticipant,
  publication: LocalTrackPublication,
  events: typeof ParticipantEvent,
) {
  publication.on("muted", () => void own.emit(events.TrackMuted, publication));
  publication.on("unmuted", () => void own.emit(events.TrackUnmuted, publication));
  own.emit(events.LocalTrackPublished, publication);
}

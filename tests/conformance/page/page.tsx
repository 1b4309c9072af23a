// LiveKit's own hooks, unmodified, on a bare page. What they say is kept in `window.seen`.
import { useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import {
  RoomAudioRenderer,
  SessionProvider,
  useAgent,
  useChat,
  useSession,
  useSessionMessages,
  useTranscriptions,
  useVoiceAssistant,
} from "@livekit/components-react";
import { Room, RoomEvent, TokenSource, Track } from "livekit-client";

interface Seen {
  connection: string;
  agentStates: string[];
  voiceAssistantState: string;
  agentIdentity: string;
  failures: string[];
  hasAgentTrack: boolean;
  messages: { type: string; text: string; from: string }[];
  transcriptions: { text: string; from: string; attributes: Record<string, string> }[];
  agentTranscriptions: { text: string; final: boolean }[];
  chatMessages: string[];
  ownIdentity: string;
  endReason: string;
}

declare global {
  interface Window {
    seen: Seen;
    call: {
      start: () => Promise<void>;
      end: () => Promise<void>;
      send: (text: string) => unknown;
      attempt: (what: string) => Promise<string>;
    };
  }
}

// livekit-client 2.23.0 looks for `preConnectBuffer` in the room's defaults only, not in the publish
// options that `useSession` gives it.
const room = new Room({ publishDefaults: { preConnectBuffer: true } });
const agentStates: string[] = [];
let endReason = "";

function picture() {
  const canvas = document.createElement("canvas");
  canvas.getContext("2d")?.fillRect(0, 0, 16, 16);
  return canvas.captureStream(5).getVideoTracks()[0];
}

function sound() {
  return new AudioContext().createMediaStreamDestination().stream.getAudioTracks()[0];
}

// What a caller's token forbids, or the bot does not use.
const attempts: Record<string, () => Promise<unknown>> = {
  camera: () => room.localParticipant.setCameraEnabled(true),
  screen: () => room.localParticipant.publishTrack(picture(), { source: Track.Source.ScreenShare }),
  screenSound: () =>
    room.localParticipant.publishTrack(sound(), { source: Track.Source.ScreenShareAudio }),
  sourceless: () => room.localParticipant.publishTrack(picture(), { source: Track.Source.Unknown }),
  name: () => room.localParticipant.setName("Somebody else"),
  metadata: () => room.localParticipant.setMetadata("taken"),
  attributes: () => room.localParticipant.setAttributes({ "lk.agent.state": "speaking" }),
  call: () =>
    room.localParticipant.performRpc({
      destinationIdentity: [...room.remoteParticipants.keys()][0],
      method: "anything",
      payload: "",
    }),
  packet: () => room.localParticipant.publishData(new Uint8Array([1]), { topic: "anything" }),
  text: () => room.localParticipant.sendText("anything", { topic: "anything" }),
  file: () => room.localParticipant.sendFile(new File(["anything"], "anything.txt")),
  keyPress: () => room.localParticipant.publishDtmf(1, "1"),
};

// How livekit-client objects; empty if it does not.
async function attempt(what: string) {
  try {
    await attempts[what]();
    return "";
  } catch (error) {
    return String(error);
  }
}

// Starter pages play an animation before they mount what shows the conversation.
function useIsMounted(isConnected: boolean, delayMs: number) {
  const [isMounted, setIsMounted] = useState(delayMs === 0);
  useEffect(() => {
    if (!isConnected) return;
    const timer = setTimeout(() => {
      setIsMounted(true);
    }, delayMs);
    return () => {
      clearTimeout(timer);
    };
  }, [isConnected, delayMs]);
  return isMounted;
}

function Inside({ session }: { session: ReturnType<typeof useSession> }) {
  const agent = useAgent();
  const voiceAssistant = useVoiceAssistant();
  const transcriptions = useTranscriptions();
  const { messages } = useSessionMessages(session);
  const chat = useChat();

  if (agentStates.at(-1) !== agent.state) agentStates.push(agent.state);

  useEffect(() => {
    const keep = (changed: Record<string, string>) => {
      endReason = changed["parley.end_reason"] ?? endReason;
    };
    room.on(RoomEvent.ParticipantAttributesChanged, keep);
    return () => {
      room.off(RoomEvent.ParticipantAttributesChanged, keep);
    };
  }, []);

  window.call.send = chat.send;
  window.seen = {
    connection: session.connectionState,
    agentStates,
    voiceAssistantState: voiceAssistant.state,
    agentIdentity: voiceAssistant.agent?.identity ?? "",
    failures: agent.failureReasons ?? [],
    hasAgentTrack: voiceAssistant.audioTrack !== undefined,
    messages: messages.map(({ type, message, from }) => ({
      type: type ?? "",
      text: message,
      from: from?.identity ?? "",
    })),
    transcriptions: transcriptions.map(({ text, participantInfo, streamInfo }) => ({
      text,
      from: participantInfo.identity,
      attributes: streamInfo.attributes ?? {},
    })),
    agentTranscriptions: voiceAssistant.agentTranscriptions.map(({ text, final }) => ({
      text,
      final,
    })),
    chatMessages: chat.chatMessages.map(({ message }) => message),
    ownIdentity: room.localParticipant.identity,
    endReason,
  };
  return null;
}

function Page() {
  const parameters = useMemo(() => new URLSearchParams(window.location.hash.slice(1)), []);
  const tokenSource = useMemo(() => {
    const token = {
      serverUrl: parameters.get("url") ?? "",
      participantToken: parameters.get("token") ?? "",
    };
    const delayMs = Number(parameters.get("delay_ms"));
    return TokenSource.custom(async () => {
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      return token;
    });
  }, [parameters]);
  const session = useSession(tokenSource, { room });
  const isMounted = useIsMounted(session.isConnected, Number(parameters.get("mount_ms")));
  window.call = {
    start: () => session.start(),
    end: () => session.end(),
    send: window.call?.send ?? (() => undefined),
    attempt,
  };
  return (
    <SessionProvider session={session}>
      <RoomAudioRenderer />
      {isMounted && <Inside session={session} />}
    </SessionProvider>
  );
}

createRoot(document.body.appendChild(document.createElement("main"))).render(<Page />);

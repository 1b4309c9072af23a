import { type LocalAudioTrack, TrackEvent } from "livekit-client";

import { watchComputerMute } from "@/hooks/computerMute";
import { explainLoss } from "@/hooks/lostMicrophone";
import { listenToOwn } from "@/hooks/ownEar";
import { type Loss, type MicrophoneSigns, NO_SIGNS } from "@/lib/microphoneSigns";

/** Telephone quality; what wireless headsets fall back to while they record. */
const CALL_QUALITY_HZ: ReadonlySet<number | undefined> = new Set([8_000, 16_000]);

type Listener = () => void;
const NOTHING: Listener = () => undefined;

/** Watches one microphone through all its devices. Its own events say more than whether it is on. */
export class MicrophoneWatch {
  private signs = NO_SIGNS;
  private readonly listeners = new Set<Listener>();
  private track: LocalAudioTrack | undefined;
  /** The device that has ended, until LiveKit's client has another one or gives up. */
  private ended: string | undefined;
  private leave = NOTHING;
  private leaveSource = NOTHING;
  private leaveSound = NOTHING;
  private leaveLoss = NOTHING;

  /** @param turnOn Tries to have it again, once something has changed for the better. */
  constructor(private readonly turnOn: () => void) {}

  readonly read = (): MicrophoneSigns => this.signs;

  readonly subscribe = (listener: Listener): Listener => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  /** What it shows is known to the person, or was cured elsewhere. */
  tell(signs: Partial<MicrophoneSigns>): void {
    const next = { ...this.signs, ...signs };
    const keys = Object.keys(next) as (keyof MicrophoneSigns)[];
    if (keys.every((key) => next[key] === this.signs[key])) return;
    this.signs = next;
    for (const listener of this.listeners) listener();
  }

  follow(track: LocalAudioTrack): void {
    if (track === this.track) return;
    this.stop();
    this.track = track;
    const handlers = [
      [TrackEvent.Restarted, this.onRestarted],
      [TrackEvent.Ended, this.onEnded],
      [TrackEvent.Muted, this.onMuted],
      [TrackEvent.Unmuted, this.onSwitched],
    ] as const;
    for (const [event, handler] of handlers) track.on(event, handler);
    this.leave = () => handlers.forEach(([event, handler]) => track.off(event, handler));
    this.tell({ held: track.isMuted ? "muted" : "on" });
    this.watchSource(track);
  }

  stop(): void {
    for (const leave of [this.leave, this.leaveSource, this.leaveSound, this.leaveLoss]) leave();
    this.leave = this.leaveSource = this.leaveSound = this.leaveLoss = NOTHING;
    this.track = this.ended = undefined;
    this.tell(NO_SIGNS);
  }

  private readonly onEnded = () => {
    this.ended = this.signs.label;
    this.tell({ hasEnded: true });
  };

  private readonly onRestarted = () => {
    if (!this.track) return;
    const before = this.ended;
    this.ended = undefined;
    this.watchSource(this.track);
    const isAnother = before !== undefined && before !== this.signs.label;
    this.tell({ replaced: isAnother ? { before } : undefined });
  };

  private readonly onSwitched = () => {
    this.tell({ held: this.track?.isMuted ? "muted" : "on" });
    this.listen();
  };

  private readonly onMuted = () => {
    this.onSwitched();
    // LiveKit's client mutes what it could not restart.
    if (this.ended === undefined) return;
    this.leaveLoss();
    const onLost = (loss: Loss) => this.tell({ loss });
    this.leaveLoss = explainLoss({ onLost, onHope: this.turnOn });
  };

  private watchSource({ mediaStreamTrack: source }: LocalAudioTrack): void {
    this.leaveSource();
    this.leaveLoss();
    this.leaveSource = watchComputerMute(source, (isMutedByComputer) =>
      this.tell({ isMutedByComputer }),
    );
    const { echoCancellation, sampleRate } = source.getSettings();
    this.tell({
      label: source.label,
      loss: undefined,
      hasEnded: false,
      hasEcho: echoCancellation === false,
      isCallQuality: CALL_QUALITY_HZ.has(sampleRate),
    });
    this.listen();
  }

  private readonly listen = () => {
    this.leaveSound();
    const { track } = this;
    if (!track) return;
    const tell = this.tell.bind(this);
    this.leaveSound = listenToOwn(track.mediaStreamTrack, track.isMuted, tell);
  };
}

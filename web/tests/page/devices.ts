import { vi } from "vitest";

/** What a browser's microphone gives. */
class FakeTrack extends EventTarget {
  readonly kind = "audio";
  readonly id = "track";
  readonly label: string;
  enabled = true;
  muted = false;
  readyState = "live";
  settings: MediaTrackSettings = {};

  constructor(readonly deviceId: string) {
    super();
    this.label = deviceId;
  }

  getSettings() {
    return { deviceId: this.deviceId, ...this.settings };
  }
  getConstraints() {
    return {};
  }
  getCapabilities() {
    return {};
  }
  clone() {
    const copy = new FakeTrack(this.deviceId);
    copies.push(copy);
    return copy;
  }
  stop() {
    this.readyState = "ended";
  }
  /** What the device does of itself: the page is told. */
  does(what: "mute" | "unmute" | "ended") {
    if (what === "ended") this.readyState = "ended";
    else this.muted = what === "mute";
    this.dispatchEvent(new Event(what));
  }
}

/** Every copy the page has made of a track. */
export const copies: FakeTrack[] = [];

/** What the person has told the browser. */
export class Permission extends EventTarget {
  constructor(public state: PermissionState) {
    super();
  }
  becomes(state: PermissionState) {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}

class FakeStream extends EventTarget {
  constructor(private readonly tracks: FakeTrack[] = []) {
    super();
  }
  getTracks() {
    return this.tracks;
  }
  getAudioTracks() {
    return this.tracks;
  }
}

/** Two microphones, of which the second can be pulled out, and a person who allows them or not. */
export class Devices extends EventTarget {
  ids = ["default", "one", "two"];
  /** How often a microphone was asked for. */
  asked = 0;
  /** Everything that was ever opened. */
  opened: FakeTrack[] = [];
  refusal: DOMException | undefined;
  /** What the browser makes of each device. */
  settings: MediaTrackSettings = {};
  private grant: (() => void) | undefined;
  private asking: Promise<void> = Promise.resolve();

  /** From now on the browser asks the person, who takes a while. */
  askFirst() {
    this.asking = new Promise((resolve) => (this.grant = resolve));
  }

  allow() {
    this.grant?.();
  }

  pullOut(id: string) {
    this.ids = this.ids.filter((other) => other !== id);
    this.dispatchEvent(new Event("devicechange"));
  }

  plugIn(id: string) {
    this.ids = [...this.ids, id];
    this.dispatchEvent(new Event("devicechange"));
  }

  async enumerateDevices() {
    // Browsers hide the names from those who have not been allowed to listen.
    const isAllowed = this.opened.length > 0;
    return this.ids.map((deviceId) => {
      const label = isAllowed ? deviceId : "";
      return { kind: "audioinput", deviceId, label, groupId: deviceId };
    });
  }

  async getUserMedia({ audio }: MediaStreamConstraints) {
    this.asked++;
    await this.asking;
    if (this.refusal) throw this.refusal;
    const wanted = typeof audio === "object" ? audio.deviceId : undefined;
    // As Chromium does: one that is only preferred is any.
    const isExact = typeof wanted === "object" && !Array.isArray(wanted) && "exact" in wanted;
    const id = isExact ? String(wanted.exact) : "default";
    const exists = this.ids.includes(id);
    if (isExact && !exists) throw new DOMException("", "OverconstrainedError");
    const track = new FakeTrack(exists ? id : "default");
    track.settings = this.settings;
    this.opened.push(track);
    return new FakeStream([track]);
  }
}

/** Everything that was recorded, by the track it was recorded from. */
export const recorded: { track: FakeTrack | undefined; isRunning: boolean }[] = [];

class FakeRecorder extends EventTarget {
  state = "inactive";
  private readonly recording: (typeof recorded)[number];
  static isTypeSupported = () => true;

  constructor(stream: FakeStream) {
    super();
    this.recording = { track: stream.getTracks()[0], isRunning: false };
    recorded.push(this.recording);
  }
  start() {
    this.state = "recording";
    this.recording.isRunning = true;
  }
  stop() {
    this.state = "inactive";
    this.recording.isRunning = false;
    this.dispatchEvent(new Event("stop"));
  }
}

/** What every meter of the page hears. */
export const sound = { loudness: 0.001 };

class FakeNode {
  fftSize = 1024;
  frequencyBinCount = 512;
  connect() {}
  disconnect() {}
  getFloatTimeDomainData(samples: Float32Array) {
    samples.fill(sound.loudness);
  }
  getByteFrequencyData() {}
  getByteTimeDomainData() {}
}

class FakeAudioContext extends EventTarget {
  state = "running";
  createMediaStreamSource = () => new FakeNode();
  createAnalyser = () => new FakeNode();
  resume = async () => undefined;
  close = async () => undefined;
}

/** LiveKit's client looks once, as it is loaded, whether it can record. */
export function stubMedia() {
  vi.stubGlobal("MediaStream", FakeStream);
  vi.stubGlobal("MediaStreamTrack", FakeTrack);
  vi.stubGlobal("MediaRecorder", FakeRecorder);
  vi.stubGlobal("AudioContext", FakeAudioContext);
}

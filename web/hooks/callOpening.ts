import type { CallMicrophone } from "@/hooks/callMicrophone";
import type { HeldSession } from "@/hooks/heldSession";
import { recordedTrack } from "@/hooks/recordedTrack";
import type { SessionStart } from "@/hooks/sessionStart";
import { playChosenTone } from "@/hooks/soundCheck";
import { showKey } from "@/lib/access";
import type { Session } from "@/lib/api";
import type { CallRequest, OnStep } from "@/lib/callRequest";
import { mayOpenMicrophone } from "@/lib/permission";

/** Half of the tone that tries a loudspeaker. */
const TURN_VOLUME = 0.5;

interface Parts {
  apiUrl: string;
  microphone: CallMicrophone;
  sessionStart: SessionStart;
  signal: AbortSignal;
  held: HeldSession;
}

/** What a call needs before its room: the microphone and the session. */
export class CallOpening {
  private isQueued = false;

  constructor(
    private readonly parts: Parts,
    private readonly request: CallRequest,
    private readonly onStep: OnStep,
  ) {}

  /** Begins inside the click. Where the browser asks nobody, one does not wait for the other. */
  async run(): Promise<Session> {
    const { attempt, invite, withMicrophone } = this.request;
    const opening = this.openMicrophone();
    // Its failure is told below.
    opening.catch(() => undefined);
    // A link is used up by asking, and stays whole as long as the microphone may be refused.
    const hasLink = attempt.joinCode !== undefined || invite !== undefined;
    if (withMicrophone && (hasLink || !(await mayOpenMicrophone()))) await opening;
    const [session] = await Promise.all([this.start(), opening]);
    if (withMicrophone && !this.parts.microphone.isOpen) await this.openMicrophone();
    return session;
  }

  private async openMicrophone(): Promise<void> {
    const { microphone } = this.parts;
    const { microphoneId, withMicrophone } = this.request;
    if (withMicrophone) await microphone.openToRecord(microphoneId);
    const isRecording = recordedTrack(microphone) !== undefined;
    if (this.isQueued) microphone.close();
    else this.onStep({ type: "microphone_opened", isRecording });
  }

  private async start(): Promise<Session> {
    const { apiUrl, held, microphone, sessionStart, signal } = this.parts;
    const { attempt, invite } = this.request;
    if (invite !== undefined) await showKey(apiUrl, invite, signal);
    const session = await sessionStart.run(attempt, (place) => {
      // Nobody listens to those who wait, and nothing they say is kept.
      this.isQueued = true;
      microphone.close();
      this.onStep({ type: "queued", place });
    });
    // Who has waited looks elsewhere by now.
    if (this.isQueued) void playChosenTone(TURN_VOLUME).catch(() => undefined);
    this.isQueued = false;
    // Whatever fails from now on has something to end.
    held.take(session);
    this.onStep({ type: "session_created" });
    return session;
  }
}

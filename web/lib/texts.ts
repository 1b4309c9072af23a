/** Every word the page says, in one place. To rebrand or translate, edit this file only. */

import type { Ending } from "@/lib/call";
import type { CheckName, CheckStatus, Finding, OwnFinding } from "@/lib/check";
import type { Trouble } from "@/lib/conventions";
import { type Failure, type FailureCode, isPassing } from "@/lib/failure";
import type { KeyCommand } from "@/lib/keys";
import type { NoticeCode } from "@/lib/microphoneSigns";
import type { TextSize } from "@/lib/preferences";
import { answerOf, startsAt, type ToolCall } from "@/lib/toolCalls";
import type { WaitPart } from "@/lib/wait";

export const PRODUCT_NAME = "Parley";

export const PAGE = {
  title: "Parley",
  description: "Talk with a voice assistant: press, speak, be answered.",
  headline: "Let’s talk.",
  invited: "You are invited.",
  invitation: `${PRODUCT_NAME} is a computer that talks. Just speak, and interrupt it at any time.`,
  examples: "Ask for the time in Tokyo, for an appointment, or for a story.",
  privacy: "Your microphone is on only during the call.",
  notFound: "There is nothing here.",
  backToStart: "Back to the start",
  broken: "The page has broken. Load it again: a call that was on goes on.",
};

export const ACTIONS = {
  start: "Start talking",
  startAgain: "Talk again",
  tryAgain: "Try again",
  startFresh: "Start a new conversation",
  typeInstead: "Type instead",
  dismiss: "OK",
  settings: "Sound and keys",
  close: "Close",
  cancel: "Cancel",
  takeBack: "Take it back here",
  goOn: "Continue this conversation",
  loadAgain: "Load again",
  hangUp: "End call",
  mute: "Mute microphone",
  unmute: "Unmute microphone",
  unmuteNow: "Unmute",
  turnOnMicrophone: "Turn on microphone",
  chooseMicrophone: "Choose microphone",
  unnamedMicrophone: "Microphone",
  send: "Send",
  hear: "Tap to hear",
  showKey: "Continue",
};

export const LABELS = {
  volume: "Volume",
  speaker: "Loudspeaker",
  conversation: "Conversation",
  controls: "Call controls",
  message: "Type a message",
  messageHint: "Type a message",
  key: "Key",
  caller: "You",
  interrupted: "interrupted",
};

/** What the assistant does between the words; a tool without a name here shows its own. */
type Named = Pick<ToolCall, "name" | "title">;

interface ToolWords {
  does: string;
  doing: string;
  did: string;
}

const TOOLS: Record<string, ToolWords> = {
  time_in_place: {
    does: "look up the time",
    doing: "Looking up the time",
    did: "Looked up the time",
  },
  weather: {
    does: "look up the weather",
    doing: "Looking up the weather",
    did: "Looked up the weather",
  },
  set_timer: { does: "set a timer", doing: "Setting a timer", did: "Set a timer" },
  cancel_timer: { does: "cancel a timer", doing: "Cancelling a timer", did: "Cancelled a timer" },
  list_appointments: {
    does: "look into the calendar",
    doing: "Looking into the calendar",
    did: "Looked into the calendar",
  },
  book_appointment: {
    does: "book an appointment",
    doing: "Booking an appointment",
    did: "Booked an appointment",
  },
  move_appointment: {
    does: "move an appointment",
    doing: "Moving an appointment",
    did: "Moved an appointment",
  },
  cancel_appointment: {
    does: "cancel an appointment",
    doing: "Cancelling an appointment",
    did: "Cancelled an appointment",
  },
};

/** What came of it, with the time that the tool tells. */
const BOOKED: Record<string, string> = {
  book_appointment: "Booked for",
  move_appointment: "Moved to",
};

export const TOOL_ANSWERS = { yes: "Yes", no: "No" };
export const ANSWER_NOT_SENT = "Your answer did not get through. Say it, or try again.";
const SAID = { yes: "You said yes", no: "You said no" };

/** Ours are for tools that we know; of others the server may say what people read. */
function wordsOf({ name, title }: Named): ToolWords | undefined {
  return title ? undefined : TOOLS[name];
}

/** What is being done. */
export function toolDoing(tool: Named): string {
  return wordsOf(tool)?.doing ?? `${plainName(tool)} · working on it`;
}

/** What a call has come to, in words. */
export function toolLine(call: ToolCall): string {
  const answer = answerOf(call);
  const what = call.status === "cancelled" && answer === "no" ? "" : outcomeOf(call);
  return [answer && SAID[answer], what].filter(Boolean).join(" · ");
}

function outcomeOf(call: ToolCall): string {
  const { status, progress } = call;
  const words = wordsOf(call);
  const plain = plainName(call);
  switch (status) {
    case "running":
    case "confirming":
      return progress === "" ? toolDoing(call) : `${words?.doing ?? plain} · ${progress}`;
    case "done":
      return bookedFor(call) ?? words?.did ?? `${plain} · done`;
    case "failed":
      return words ? `Could not ${words.does}` : `${plain} · did not work`;
    case "cancelled":
      return words ? `Did not ${words.does}` : `${plain} · not done`;
    case "unfinished": {
      const isUnanswered = call.question !== "" && !call.isConfirmed;
      const end = isUnanswered ? "was not answered" : "was not finished";
      return `${words?.doing ?? plain} · ${end}`;
    }
  }
}

function bookedFor(call: ToolCall): string | undefined {
  const verb = call.title ? undefined : BOOKED[call.name];
  const date = startsAt(call);
  if (verb === undefined || date === undefined) return undefined;
  const day = date.toLocaleDateString("en", { weekday: "long", month: "long", day: "numeric" });
  return `${verb} ${day}, ${clockTime(date.getTime())}`;
}

/** As the reader's own clocks show it. */
export function clockTime(ms: number): string {
  return new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

function plainName({ name, title }: Named): string {
  if (title) return title;
  const plain = name.replaceAll("_", " ").trim();
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

/** Beside a typed line. */
export const TYPED = {
  sending: "Sending …",
  unsent: "Not sent.",
  again: "Send again",
};

/** What one can do with the words. */
export const RECORD = {
  title: `${PRODUCT_NAME}: a conversation`,
  menu: "Keep this conversation",
  copy: "Copy",
  markdown: "Download as text",
  json: "Download as data (JSON)",
  srt: "Download as subtitles (SRT)",
  times: "Show times",
  reading: "Read replies aloud",
  copied: "Copied.",
  notCopied: "Your browser did not let us copy.",
};

export const FULL_SCREEN = "Full screen";
export const TEXT_SIZE_TITLE = "Text size";
export const TEXT_SIZE_NAMES: Record<TextSize, string> = {
  normal: "Normal",
  large: "Large",
  largest: "Largest",
};

/** The way down to what was said since. */
export function newestWords(unseen: number): string {
  if (unseen === 0) return "To the newest";
  return unseen === 1 ? "1 new line" : `${unseen} new lines`;
}

/** How long the caller waited for a reply, and for what. */
export const WAIT = {
  label: (secs: number) => `Answered after ${inSecs(secs)}`,
  parts: {
    endOfTurn: "Making sure you had finished",
    model: "Finding the first words",
    voice: "Beginning to speak",
    rest: "On the way",
  } satisfies Record<WaitPart, string>,
};

export function inSecs(secs: number, digits = 1): string {
  return `${secs.toFixed(digits)} s`;
}

/** The state in words, beside the voice. */
export const STATES = {
  microphone: "Waiting for your microphone",
  room: "Connecting",
  bot: "Connecting",
  return: "Coming back to your call …",
  weak: "Weak connection",
  lost: "Coming back …",
  offline: "You are offline. Coming back …",
  botAway: "The assistant is coming back …",
  listening: "Listening",
  thinking: "Thinking",
  speaking: "Speaking",
  muted: "You are muted",
  unheard: "You cannot be heard",
  typing: "Type to talk",
  asks: "Your turn: yes or no?",
};

/** Instead of the state, once a step of connecting takes long: what it waits for. */
export const STATES_LATE = {
  microphone: "Waiting for your microphone. If your browser asks, please allow it.",
  room: "Still connecting to the server …",
  bot: "Waiting for the assistant …",
  return: "Still coming back to your call …",
};

/** While connecting, from the moment from which what is said is recorded. */
export const HEARD = {
  soon: "Go ahead, I’m listening",
  late: "I’m listening. The line is still being made …",
  full: "Still connecting. I have what you said so far.",
};

/** Instead of the state, while a part of the assistant is not well. */
export const TROUBLE_STATES: Record<Trouble, string> = {
  voice: "Trouble speaking, trying again …",
  hearing: "Trouble hearing you. You can type.",
  thinking: "Trouble answering, trying again …",
};

/** What the tab is called beside the name of the page. */
export const TITLES = {
  connecting: "Connecting",
  live: "In a call",
  asks: "Your turn",
  over: "Call ended",
  failed: "No call",
  elsewhere: "In another tab",
};

export function queueWords(place: number): string {
  return place <= 1 ? "You are next in line" : `You are number ${place} in line`;
}

export const ELSEWHERE = "The call goes on in another tab.";

export const ENDINGS: Record<Ending, string> = {
  caller_left: "You ended the call.",
  goodbye: "The call has ended. Goodbye!",
  idle: "The call ended because it was quiet for a while.",
  time_limit: "The call reached its time limit.",
  drained: "The call ended because the service is being updated.",
  session_budget: "The call used up all that one call may take.",
  daily_budget: "The call ended because the assistant reached its limit for today.",
  provider_failed: "The call ended because a service behind the assistant stopped working.",
  error: "The call ended because something went wrong on our side.",
  never_joined: "The call ended because the connection took too long.",
  ended: "The call has ended.",
  away: "The call ended while you were away.",
  not_found: "Your last call could not be found again.",
};

interface FailureText {
  sentence: string;
  action: string;
}

const again = (sentence: string): FailureText => ({ sentence, action: ACTIONS.tryAgain });

export const FAILURES: Record<FailureCode, FailureText> = {
  no_microphone: again("We could not find a microphone. Plug one in, then try again."),
  permission_denied: again(
    "The microphone is blocked. Allow it in your browser’s address bar, then try again.",
  ),
  system_blocked: again(
    "Your computer keeps the microphone from the browser. Allow it in the privacy settings, then try again.",
  ),
  microphone_busy: again("Another app is using your microphone. Close it there, then try again."),
  insecure_context: {
    sentence: "Your browser only allows a microphone on a secure page. Open this page over HTTPS.",
    action: "Open the secure page",
  },
  frame_blocked: {
    sentence:
      "The page around this one does not let your microphone through. Open the assistant by itself, or type.",
    action: "Open in a new tab",
  },
  no_media: again("This browser gives no microphone. Open this page in another one, or type."),
  server_unreachable: again("We could not reach the server. Check your connection and try again."),
  voice_unreachable: again("The voice connection could not be made. Please try again."),
  at_capacity: again("All lines are busy right now."),
  draining: again("The service is being updated."),
  paused: again("The assistant takes no calls just now. Please try again later."),
  daily_budget: again("The assistant reached its limit for today. Please try again tomorrow."),
  rate_limited: again("That was a lot of calls in a short time."),
  join_link_used: {
    sentence: "This invitation has already been used.",
    action: ACTIONS.startFresh,
  },
  session_forgotten: {
    sentence: "That conversation is not kept any more.",
    action: ACTIONS.startFresh,
  },
  session_live: {
    sentence: "That conversation has not ended yet. You can continue it in a minute.",
    action: ACTIONS.startFresh,
  },
  key_needed: { sentence: "This assistant asks for a key.", action: ACTIONS.showKey },
  wrong_key: {
    sentence: "That is not the key. Please check it and try again.",
    action: ACTIONS.showKey,
  },
  access_slowed: again("There were too many wrong tries."),
  sign_in_needed: again("You are not signed in. Open this page again and sign in first."),
  invite_needed: again("You need an invitation to talk here. Open the link you were sent."),
  invite_unknown: again("This invitation is not known here. Check that the link is complete."),
  invite_used_up: again("This invitation has been used up. Ask for a new one."),
  invite_expired: again("This invitation is too old. Ask for a new one."),
  invite_revoked: again("This invitation was taken back."),
  bot_absent: again("The assistant did not pick up. Please try again."),
  bot_left: {
    sentence: "The assistant left the call unexpectedly, and did not come back.",
    action: ACTIONS.startAgain,
  },
  connection_lost: {
    sentence: "The connection was lost, and did not come back.",
    action: ACTIONS.startAgain,
  },
  unexpected: again("Something went wrong. Please try again."),
};

/** Follows a refusal that time will heal. */
export function waitHint(secs: number | undefined): string {
  if (secs === undefined) return "Please try again in a moment.";
  if (secs >= 90) return `Please try again in about ${Math.ceil(secs / 60)} minutes.`;
  return secs <= 1 ? "Please try again in a second." : `Please try again in ${secs} seconds.`;
}

export function sentenceOf({ code, retryAfterSecs }: Failure): string {
  const { sentence } = FAILURES[code];
  return isPassing(code) ? `${sentence} ${waitHint(retryAfterSecs)}` : sentence;
}

export const HOLD_HINT = "While you are muted, hold the microphone button to talk.";

/** What each key does. */
export const KEY_NAMES: Record<KeyCommand | "talk", string> = {
  talk: "Hold it to talk as well",
  mute: "Mute, unmute",
  end: "End the call",
  help: "Show this list",
};

/** During a call, with a way to try again beside it. */
export function microphoneTroubleOf(code: FailureCode): string {
  if (code === "unexpected") return "The microphone could not be switched.";
  return FAILURES[code].sentence;
}

/** What the microphone does of itself; names of devices are the computer's own. */
export function microphoneNotice(code: NoticeCode, now: string, before = ""): string {
  const current = now || ACTIONS.unnamedMicrophone;
  switch (code) {
    case "none_left":
      return "Your microphone is gone, and there is no other. Plug one in.";
    case "blocked":
      return "The microphone has been blocked. Allow it in your browser’s address bar.";
    case "taken":
      return "Your microphone has stopped. Another app may have taken it.";
    case "muted_by_computer":
      return "Your computer has muted the microphone. Switch it on there.";
    case "talking_muted":
      return "You are speaking, but you are muted.";
    case "silent":
      return `Nothing is heard from “${current}”. Is it muted?`;
    case "replaced":
      return `“${before}” is gone. Now using “${current}”.`;
    case "chosen_gone":
      return `The microphone you chose is not there. Now using “${current}”.`;
    case "echo":
      return "The assistant may hear itself from your loudspeaker. Use headphones.";
    case "call_quality":
      return `“${current}” sends telephone quality. Another microphone is understood better.`;
  }
}

export function takeDevice(label: string): string {
  return `Use “${label}”`;
}

export const CHECK = {
  title: "Check your line",
  intro: "This looks at everything a call needs, and says what to do where something is missing.",
  start: "Start the check",
  again: "Check again",
  say: "Say something for three seconds.",
  playBack: "What we heard. Is it you?",
  playTone: "Play a tone",
  heard: "I heard it",
  notHeard: "I heard nothing",
  copy: "Copy for support",
  copied: "Copied.",
  report: "Report",
  link: "Check microphone and line",
};

export const CHECK_NAMES: Record<CheckName, string> = {
  browser: "Browser",
  microphone: "Microphone",
  speaker: "Loudspeaker",
  server: "Server",
  line: "Voice connection",
  sound: "Way of the sound",
  relay: "Relay",
};

export const CHECK_STATUSES: Record<CheckStatus, string> = {
  waiting: "not checked yet",
  running: "checking",
  good: "good",
  weak: "works, but",
  bad: "does not work",
  skipped: "left out",
};

const CHECK_FINDINGS: Record<OwnFinding, string> = {
  browser_ok: "This browser can hold a call.",
  browser_old: "This browser lacks what a call needs. Update it, or take another one.",
  microphone_ok: "Your microphone is heard.",
  microphone_silent:
    "We hear nothing from it. Is it muted, by a switch or in the settings of your computer? Is it the right one?",
  speaker_ok: "You hear us.",
  speaker_silent:
    "Turn up the volume, and look which loudspeaker or headset your computer plays to.",
  server_ok: "The server answers.",
  line_ok: "The voice server can be reached.",
  line_blocked:
    "Something between you and the voice server stops WebSockets: a firewall, a proxy or a VPN. Try another network, or ask whoever runs yours.",
  sound_udp: "Sound takes the quickest way (UDP).",
  sound_tcp:
    "UDP is blocked here, so sound goes over TCP and may stutter. Another network, or whoever runs yours, can help.",
  sound_relayed: "Sound goes through a relay. That works, and takes a little longer.",
  sound_blocked:
    "No way for the sound was found: a firewall or a VPN stops UDP and TCP. Try another network, or ask whoever runs yours.",
  relay_ok: "If the direct way is blocked, a relay takes over.",
  relay_none: "This server has no relay. You need none while the sound finds its way.",
  relay_blocked: "The relay cannot be reached. You need none while the sound finds its way.",
  not_reached: "Left out, as what comes before it failed.",
};

export function findingText(finding: Finding): string {
  return finding in CHECK_FINDINGS
    ? CHECK_FINDINGS[finding as OwnFinding]
    : FAILURES[finding as FailureCode].sentence;
}

export const MESSAGE_NOT_SENT = "The message could not be sent. Please try again.";

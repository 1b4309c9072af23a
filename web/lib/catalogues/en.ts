/** English. Every other catalogue has its shape: see "Add a language" in docs/page.md. */

import type { Ending } from "@/lib/call";
import type { CheckName, CheckStatus, OwnFinding } from "@/lib/check";
import type { Trouble } from "@/lib/conventions";
import type { FailureCode } from "@/lib/failure";
import { type Language, pluralIn } from "@/lib/formats";
import type { KeyCaps, KeyCommand } from "@/lib/keys";
import type { NoticeCode } from "@/lib/microphoneSigns";
import type { TextSize } from "@/lib/preferences";
import type { WaitPart } from "@/lib/wait";

/** What the assistant does between the words. */
interface ToolWords {
  doing: string;
  did: string;
  failed: string;
  notDone: string;
}

/** Names of devices are the computer's own. */
const microphone: Record<NoticeCode, (now: string, before: string) => string> = {
  none_left: () => "Your microphone is gone, and there is no other. Plug one in.",
  blocked: () => "The microphone has been blocked. Allow it in your browser’s address bar.",
  taken: () => "Your microphone has stopped. Another app may have taken it.",
  muted_by_computer: () => "Your computer has muted the microphone. Switch it on there.",
  talking_muted: () => "You are speaking, but you are muted.",
  silent: (now) => `Nothing is heard from “${now}”. Is it muted?`,
  replaced: (now, before) => `“${before}” is gone. Now using “${now}”.`,
  chosen_gone: (now) => `The microphone you chose is not there. Now using “${now}”.`,
  echo: () => "The assistant may hear itself from your loudspeaker. Use headphones.",
  call_quality: (now) =>
    `“${now}” sends telephone quality. Another microphone is understood better.`,
};

export const en = {
  language: "en" as Language,

  page: {
    headline: "Let’s talk.",
    invited: "You are invited.",
    invitation: (name: string) =>
      `${name} is a computer that talks. Just speak, and interrupt it at any time.`,
    examples: "Ask for the time in Tokyo, for an appointment, or for a story.",
    privacy: "Your microphone is on only during the call.",
    kept: (days: number) =>
      pluralIn("en", days, {
        one: "What is said is kept for a day.",
        other: `What is said is kept for ${days} days.`,
      }),
    notFound: "There is nothing here.",
    backToStart: "Back to the start",
  },

  actions: {
    start: "Start talking",
    startAgain: "Talk again",
    tryAgain: "Try again",
    startFresh: "Start a new conversation",
    openSecurePage: "Open the secure page",
    openOwnTab: "Open in a new tab",
    typeInstead: "Type instead",
    dismiss: "OK",
    settings: "Sound and keys",
    close: "Close",
    cancel: "Cancel",
    takeBack: "Take it back here",
    goOn: "Continue this conversation",
    goOnEarlier: "Continue the earlier conversation",
    hangUp: "End call",
    mute: "Mute microphone",
    unmute: "Unmute microphone",
    unmuteNow: "Unmute",
    turnOnMicrophone: "Turn on microphone",
    chooseMicrophone: "Choose microphone",
    unnamedMicrophone: "Microphone",
    takeDevice: (label: string) => `Use “${label}”`,
    send: "Send",
    hear: "Tap to hear",
    showKey: "Continue",
  },

  labels: {
    callLength: "Length of the call",
    language: "Language",
    volume: "Volume",
    speaker: "Loudspeaker",
    conversation: "Conversation",
    controls: "Call controls",
    message: "Type a message",
    key: "Key",
    caller: "You",
    interrupted: "interrupted",
  },

  /** A tool without words here shows its own name. */
  tools: {
    time_in_place: {
      doing: "Looking up the time",
      did: "Looked up the time",
      failed: "Could not look up the time",
      notDone: "Did not look up the time",
    },
    weather: {
      doing: "Looking up the weather",
      did: "Looked up the weather",
      failed: "Could not look up the weather",
      notDone: "Did not look up the weather",
    },
    set_timer: {
      doing: "Setting a timer",
      did: "Set a timer",
      failed: "Could not set a timer",
      notDone: "Did not set a timer",
    },
    cancel_timer: {
      doing: "Cancelling a timer",
      did: "Cancelled a timer",
      failed: "Could not cancel a timer",
      notDone: "Did not cancel a timer",
    },
    list_appointments: {
      doing: "Looking into the calendar",
      did: "Looked into the calendar",
      failed: "Could not look into the calendar",
      notDone: "Did not look into the calendar",
    },
    book_appointment: {
      doing: "Booking an appointment",
      did: "Booked an appointment",
      failed: "Could not book an appointment",
      notDone: "Did not book an appointment",
    },
    move_appointment: {
      doing: "Moving an appointment",
      did: "Moved an appointment",
      failed: "Could not move an appointment",
      notDone: "Did not move an appointment",
    },
    cancel_appointment: {
      doing: "Cancelling an appointment",
      did: "Cancelled an appointment",
      failed: "Could not cancel an appointment",
      notDone: "Did not cancel an appointment",
    },
  } satisfies Record<string, ToolWords>,

  /** How far it is with what is being done, and what came of it. */
  tool: {
    doing: (name: string) => `${name} · working on it`,
    did: (name: string) => `${name} · done`,
    failed: (name: string) => `${name} · did not work`,
    notDone: (name: string) => `${name} · not done`,
    unanswered: (doing: string) => `${doing} · was not answered`,
    unfinished: (doing: string) => `${doing} · was not finished`,
    booked: (day: string, time: string) => `Booked for ${day}, ${time}`,
    moved: (day: string, time: string) => `Moved to ${day}, ${time}`,
  },

  answers: {
    yes: "Yes",
    no: "No",
    notSent: "Your answer did not get through. Say it, or try again.",
    said: { yes: "You said yes", no: "You said no" },
  },

  /** Beside a typed line. */
  typed: {
    sending: "Sending …",
    unsent: "Not sent.",
    again: "Send again",
  },

  /** What one can do with the words. */
  record: {
    title: (name: string) => `${name}: a conversation`,
    menu: "Keep this conversation",
    copy: "Copy",
    markdown: "Download as text",
    json: "Download as data (JSON)",
    srt: "Download as subtitles (SRT)",
    times: "Show times",
    reading: "Read replies aloud",
    fullScreen: "Full screen",
    textSize: "Text size",
    textSizes: { normal: "Normal", large: "Large", largest: "Largest" } satisfies Record<
      TextSize,
      string
    >,
    copied: "Copied.",
    notCopied: "Your browser did not let us copy.",
    /** The way down to what was said since. */
    newest: "To the newest",
    unseen: (lines: number) =>
      pluralIn("en", lines, { one: "1 new line", other: `${lines} new lines` }),
  },

  /** How long the caller waited for a reply, and for what. */
  wait: {
    label: (secs: string) => `Answered after ${secs}`,
    secs: (secs: string) => `${secs} s`,
    parts: {
      endOfTurn: "Making sure you had finished",
      model: "Finding the first words",
      voice: "Beginning to speak",
      rest: "On the way",
    } satisfies Record<WaitPart, string>,
  },

  /** The state in words, beside the voice. */
  states: {
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
  },

  /** Instead of the state, once a step of connecting takes long: what it waits for. */
  statesLate: {
    microphone: "Waiting for your microphone. If your browser asks, please allow it.",
    room: "Still connecting to the server …",
    bot: "Waiting for the assistant …",
    return: "Still coming back to your call …",
  },

  /** While connecting, from the moment from which what is said is recorded. */
  heard: {
    soon: "Go ahead, I’m listening",
    late: "I’m listening. The line is still being made …",
    full: "Still connecting. I have what you said so far.",
  },

  queue: (place: number) =>
    place <= 1 ? "You are next in line" : `You are number ${place} in line`,

  /** Instead of the state, while a part of the assistant is not well. */
  troubles: {
    voice: "Trouble speaking, trying again …",
    hearing: "Trouble hearing you. You can type.",
    thinking: "Trouble answering, trying again …",
  } satisfies Record<Trouble, string>,

  /** What the tab is called beside the name of the page. */
  titles: {
    connecting: "Connecting",
    live: "In a call",
    asks: "Your turn",
    over: "Call ended",
    failed: "No call",
    elsewhere: "Taken by another tab",
  },

  elsewhere: "Another tab has taken this call.",

  /** What the caller thought of the call. */
  rating: {
    question: "How was it?",
    good: "Good",
    bad: "Not good",
    more: "Tell us more",
    send: "Send your words",
    thanks: "Thank you.",
    unsent: "It was not sent. Try again.",
  },

  endings: {
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
  } satisfies Record<Ending, string>,

  failures: {
    no_microphone: "We could not find a microphone. Plug one in, then try again.",
    permission_denied:
      "The microphone is blocked. Allow it in your browser’s address bar, then try again.",
    permission_dismissed:
      "You have not allowed the microphone. Try again; if your browser does not ask then, allow it in its address bar.",
    system_blocked:
      "Your computer keeps the microphone from the browser. Allow it in the privacy settings, then try again.",
    microphone_busy: "Another app is using your microphone. Close it there, then try again.",
    insecure_context:
      "Your browser only allows a microphone on a secure page. Open this page over HTTPS.",
    frame_blocked:
      "The page around this one does not let your microphone through. Open the assistant by itself, or type.",
    no_media: "This browser gives no microphone. Open this page in another one, or type.",
    browser_old: "This browser lacks what a call needs. Update it, or take another one.",
    server_unreachable: "We could not reach the server. Check your connection and try again.",
    voice_unreachable: "The voice connection could not be made. Please try again.",
    at_capacity: "All lines are busy right now.",
    draining: "The service is being updated.",
    paused: "The assistant takes no calls just now. Please try again later.",
    daily_budget: "The assistant reached its limit for today. Please try again tomorrow.",
    rate_limited: "That was a lot of calls in a short time.",
    join_link_used: "This invitation has already been used.",
    session_forgotten: "That conversation is not kept any more.",
    session_live: "That conversation has not ended yet. You can continue it in a minute.",
    key_needed: "This assistant asks for a key.",
    wrong_key: "That is not the key. Please check it and try again.",
    access_slowed: "There were too many wrong tries.",
    sign_in_needed: "You are not signed in. Open this page again and sign in first.",
    invite_needed: "You need an invitation to talk here. Open the link you were sent.",
    invite_unknown: "This invitation is not known here. Check that the link is complete.",
    invite_used_up: "This invitation has been used up. Ask for a new one.",
    invite_expired: "This invitation is too old. Ask for a new one.",
    invite_revoked: "This invitation was taken back.",
    bot_absent: "The assistant did not pick up. Please try again.",
    bot_left: "The assistant left the call unexpectedly, and did not come back.",
    connection_lost: "The connection was lost, and did not come back.",
    unexpected: "Something went wrong. Please try again.",
  } satisfies Record<FailureCode, string>,

  /** Follows a refusal that time will heal. */
  tryAgain: {
    soon: "Please try again in a moment.",
    inSecs: (secs: number) =>
      pluralIn("en", secs, {
        one: "Please try again in a second.",
        other: `Please try again in ${secs} seconds.`,
      }),
    inMinutes: (minutes: number) => `Please try again in about ${minutes} minutes.`,
  },

  /** What the microphone does of itself. */
  microphone,
  microphoneNotSwitched: "The microphone could not be switched.",

  /** The keys of a call, and what each does. */
  keys: {
    hold: "While you are muted, hold the microphone button to talk.",
    does: {
      talk: "Hold it to talk as well",
      mute: "Mute, unmute",
      end: "End the call",
      help: "Show this list",
    } satisfies Record<KeyCommand | "talk", string>,
    caps: { space: "Space", control: "Ctrl", shift: "Shift" } satisfies KeyCaps,
  },

  check: {
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
    names: {
      browser: "Browser",
      microphone: "Microphone",
      speaker: "Loudspeaker",
      server: "Server",
      line: "Voice connection",
      sound: "Way of the sound",
      relay: "Relay",
    } satisfies Record<CheckName, string>,
    statuses: {
      waiting: "not checked yet",
      running: "checking",
      good: "good",
      weak: "works, but",
      bad: "does not work",
      skipped: "left out",
    } satisfies Record<CheckStatus, string>,
    findings: {
      browser_ok: "This browser can hold a call.",
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
    } satisfies Record<OwnFinding, string>,
  },
};

/** What the page says in one language. */
export type Texts = typeof en;

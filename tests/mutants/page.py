"""Against what is promised of the page: a call from the click to the next one."""

from __future__ import annotations

from tests.mutants.mutant import Mutant
from tests.mutants.page_mutant import page_mutant

_READ = "All text can be read, in light and in dark: a contrast of 4.5 or more."
_PINNED = "Every package of the page is pinned to one version."
_CANVAS = "web/hooks/useVoiceCanvas.ts"
_DRAWN_TESTS = "web/tests/hooks/useVoiceCanvas.test.tsx"
_DRAWN = "The drawn voice moves while somebody speaks, and costs nothing at rest."
_COLOURS = "The drawn voice follows the colours of the system, and ends with the page."
_LINE = "web/hooks/line.ts"
_CALL = "web/hooks/useCall.ts"
_SERVED = "bot/http/page/page.py"
_PAGE = "tests/bot/http/page/test_page.py"
_ROOM = "tests/e2e/test_page_in_a_room.py"
_CLICK = "One click leads to a call with the bot."
_TWICE = "A second click on the button that starts a call starts no second one."
_CANCEL = "A cancelled call leaves no microphone, session or room behind."
_END = "Whoever ends the call leaves the room, and the session ends at once."
_STUCK = "A call that is ended is over also when leaving its room hangs."
_DOUBLE = "A double click begins a call and does not cancel it."
_AGAIN = "Talk again begins a whole new call, without the words of the last one."
_AWAY = "A page that cannot be come back to ends its session as it goes."
_HELD = "web/hooks/heldSession.ts"
_MICROPHONE = "web/hooks/callMicrophone.ts"
_VOICE_ROOM = "web/hooks/voiceRoom.ts"
_WAY_BACK = "web/hooks/useWayBack.ts"
_AWAKE = "The screen stays awake during a call, and only then."
_KEYS = "A whole call can be held with the keyboard alone."
_RUNNER = "A page served elsewhere asks the runner it was built for."
_POLICY = "No other site frames the page, and it runs no script but its own."
_TOKEN = "The token of a call is kept in no storage, address, console or element."
_CONNECT = "The page connects to its own server and to LiveKit, nowhere else."
_VERSION = "A new version of the page is there at the next visit."
_EVENTS = "web/hooks/useRoomEvents.ts"
_WATCH = "web/hooks/useBotWatch.ts"
_RESTORED = "While the connection is being restored the page says so."
_LOST = "A connection that is lost for good is told as such."
_LEFT = "A bot that is gone is told at once, and given up after 25 seconds."
_ABSENT = "A bot that does not come is waited for 20 seconds."
_READY = "A bot that is not ready yet is waited for."
_AVATAR = "An avatar in the room is not taken for the bot."
_STATE = "The page shows what the bot does, in words."
_TAP = "Where the browser keeps the sound back, one tap brings it."

MUTANTS: tuple[Mutant, ...] = (
    page_mutant(
        "bot-not-watched",
        _CLICK,
        "life",
        _CALL,
        "  useBotWatch(state, bot, ",
        "  useBotWatch(state, { ...bot, state: undefined }, ",
    ),
    page_mutant(
        "line-used-twice",
        _TWICE,
        "life",
        "web/hooks/useStart.ts",
        '      if (line.isUsed) return;\n      report({ type: "started" });\n',
        '      report({ type: "started" });\n',
    ),
    page_mutant(
        "microphone-granted-too-late",
        _CANCEL,
        "cancelling",
        _MICROPHONE,
        "      track.stop();\n      this.signal.throwIfAborted();",
        "      this.signal.throwIfAborted();",
    ),
    page_mutant(
        "session-forgotten-while-joining",
        _CANCEL,
        "cancelling",
        "web/hooks/callOpening.ts",
        "    held.take(session);\n",
        "",
    ),
    page_mutant(
        "session-ended-around-the-caller",
        _END,
        "life",
        _LINE,
        "    await this.voice.leave();\n    if (!isClosed) await this.held.end();\n",
        "    if (!isClosed) await this.held.end();\n    await this.voice.leave();\n",
    ),
    page_mutant(
        "session-left-to-the-server",
        _END,
        "life",
        _LINE,
        "    if (!isClosed) await this.held.end();\n",
        "",
    ),
    page_mutant(
        "old-words-in-the-new-call",
        _AGAIN,
        "life",
        "web/hooks/useNewWords.ts",
        "    forget();\n",
        "",
    ),
    page_mutant(
        "old-line-in-the-new-call",
        _AGAIN,
        "life",
        _CALL,
        '    dispatch({ type: "left", to });\n    setLine(newLine);\n',
        '    dispatch({ type: "left", to });\n',
    ),
    page_mutant(
        "reload-leaves-the-session",
        _AWAY,
        "life",
        _WAY_BACK,
        '    window.addEventListener("pagehide", abandon);\n',
        "",
    ),
    page_mutant(
        "end-that-dies-with-the-page",
        _AWAY,
        "life",
        "web/lib/api.ts",
        "${session.participant_token}` },\n    keepalive: true,\n",
        "${session.participant_token}` },\n",
    ),
    page_mutant(
        "screen-awake-for-ever",
        _AWAKE,
        "life",
        "web/components/Conversation.tsx",
        "useWakeLock(isOpen(state));",
        "useWakeLock(true);",
    ),
    page_mutant(
        "focus-lost-with-the-button",
        _KEYS,
        "life",
        "web/components/Conversation.tsx",
        "            ref={controls}\n",
        "",
    ),
    page_mutant(
        "address-of-the-runner-not-handed-on",
        _RUNNER,
        "elsewhere",
        _CALL,
        "new Line(env.apiUrl)",
        'new Line("")',
    ),
    page_mutant(
        "token-in-the-storage",
        _TOKEN,
        "endings",
        _HELD,
        "    this.session = session;\n",
        "    this.session = session;\n"
        '    sessionStorage.setItem("parley.session", JSON.stringify(session));\n',
    ),
    page_mutant(
        "token-in-the-console",
        _TOKEN,
        "endings",
        _HELD,
        "    this.session = session;\n",
        '    this.session = session;\n    console.debug("session", session);\n',
    ),
    Mutant(
        name="page-token-in-the-address",
        promise=_TOKEN,
        file=_HELD,
        before="    this.session = session;\n",
        after="    this.session = session;\n    history.replaceState(session, '');\n",
        tests=(f"{_ROOM}::test_a_whole_call_keeps_its_token_nowhere",),
    ),
    Mutant(
        name="page-in-a-frame",
        promise=_POLICY,
        file=_SERVED,
        before='        "frame-ancestors": "\'none\'",\n',
        after="",
        tests=(f"{_PAGE}::test_every_answer_carries_the_policy",),
    ),
    Mutant(
        name="page-may-not-listen",
        promise=_POLICY,
        file=_SERVED,
        before="microphone=(self), ",
        after="microphone=(), ",
        tests=(f"{_PAGE}::test_every_answer_carries_the_policy",),
    ),
    Mutant(
        name="page-connects-anywhere",
        promise=_CONNECT,
        file=_SERVED,
        before="(\"'self'\", *_livekit_sources(livekit_url))",
        after='("*",)',
        tests=(f"{_PAGE}::test_page_may_connect_to_livekit_only",),
    ),
    Mutant(
        name="page-of-yesterday",
        promise=_VERSION,
        file=_SERVED,
        before='lasting if is_hashed else "no-cache"',
        after="lasting",
        tests=(f"{_PAGE}::test_page_is_served_at_the_root",),
    ),
    page_mutant(
        "short-breaks-not-shown",
        _RESTORED,
        "life",
        _EVENTS,
        "      [RoomEvent.SignalReconnecting, onResuming],\n",
        "",
    ),
    page_mutant(
        "lost-taken-for-ended",
        _LOST,
        "life",
        _EVENTS,
        "ENDED_ON_PURPOSE.has(reason)) void end();",
        "reason !== undefined) void end();",
    ),
    page_mutant("bot-gone-for-good", _LEFT, "life", _WATCH, "_MS = 25_000;", "_MS = 2_000;"),
    page_mutant(
        "bot-gone-never",
        _LEFT,
        "life",
        _WATCH,
        "(state.link) && !isReady;",
        "(state.link) && false;",
    ),
    page_mutant("bot-not-waited-for", _ABSENT, "life", _WATCH, "_MS = 20_000", "_MS = 2_000"),
    page_mutant(
        "bot-taken-before-it-is-ready",
        _READY,
        "life",
        _WATCH,
        'new Set(["listening",',
        'new Set(["initializing", "listening",',
    ),
    page_mutant(
        "avatar-for-the-bot",
        _AVATAR,
        "life",
        "web/hooks/useBot.ts",
        "ParticipantKind.AGENT && !isAvatar",
        "ParticipantKind.AGENT",
    ),
    page_mutant(
        "state-does-not-follow",
        _STATE,
        "life",
        "web/hooks/useBot.ts",
        "  RoomEvent.ParticipantAttributesChanged,\n",
        "",
    ),
    page_mutant(
        "tap-without-sound",
        _TAP,
        "life",
        "web/components/Room.tsx",
        "void room.startAudio().catch(() => undefined)",
        "void isAllowed",
    ),
    Mutant(
        name="page-voice-stands-still",
        promise=_DRAWN,
        file=_CANVAS,
        before="      pose.current = next;\n",
        after="",
        tests=(f"{_DRAWN_TESTS}::{_DRAWN}",),
    ),
    Mutant(
        name="page-voice-painted-for-ever",
        promise=_DRAWN,
        file=_CANVAS,
        before="if (!isStale && isSame) return;",
        after="",
        tests=(f"{_DRAWN_TESTS}::{_DRAWN}",),
    ),
    Mutant(
        name="page-voice-keeps-its-colours",
        promise=_COLOURS,
        file=_CANVAS,
        before='    dark.addEventListener("change", recolour);\n',
        after="",
        tests=(f"{_DRAWN_TESTS}::{_COLOURS}",),
    ),
    Mutant(
        name="page-text-too-pale",
        promise=_READ,
        file="web/app/globals.css",
        before="--ink-soft: oklch(0.48 0.018 55)",
        after="--ink-soft: oklch(0.58 0.018 55)",
        tests=(f"web/tests/lib/contrast.test.ts::{_READ}",),
    ),
    Mutant(
        name="page-danger-too-dark-at-night",
        promise=_READ,
        file="web/app/globals.css",
        before="--danger: oklch(0.76 0.13 25)",
        after="--danger: oklch(0.5 0.17 25)",
        tests=(f"web/tests/lib/contrast.test.ts::{_READ}",),
    ),
    Mutant(
        name="page-client-of-any-version",
        promise=_PINNED,
        file="web/package.json",
        before='"livekit-client": "2.23.0"',
        after='"livekit-client": "^2.23.0"',
        tests=(f"web/tests/lib/packages.test.ts::{_PINNED}",),
    ),
    page_mutant(
        "waits-for-ever-to-leave-its-room",
        _STUCK,
        "life",
        _VOICE_ROOM,
        "await Promise.race([dropped, after(LEAVE_LIMIT_MS)]);",
        "await dropped;",
    ),
    page_mutant(
        "second-half-of-a-double-click-cancels",
        _DOUBLE,
        "life",
        "web/components/Connecting.tsx",
        "if (event.detail < 2) onCancel();",
        "if (event.detail) onCancel();",
    ),
)

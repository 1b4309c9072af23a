"""Against what is promised of the page: its call, its microphone and how it is served."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_LINE = "web/hooks/line.ts"
_CALL = "web/hooks/useCall.ts"
_SERVED = "bot/http/page.py"
_PAGE = "tests/bot/http/test_page.py"
_ROOM = "tests/e2e/test_page_in_a_room.py"


def _tests(file: str, words: str) -> tuple[str, ...]:
    return (f"web/tests/page/{file}.test.tsx::{words}",)


def _mutant(name: str, promise: str, where: str, file: str, before: str, after: str) -> Mutant:
    return Mutant(
        name=f"page-{name}",
        promise=promise,
        file=file,
        before=before,
        after=after,
        tests=_tests(where, promise),
    )


_SOUND = "The click that starts a call asks for its sound."
_EARLY = "What is said from the moment the microphone opens reaches the bot."
_MUTE = "Mute switches the microphone that is sent off, and unmute on again."
_SILENCE = "Mute silences what the room hears, until unmute."
_CHOSEN = "A microphone chosen during a call is the one that is sent."
_STAYS = "Whoever is muted stays muted when another microphone is chosen."
_LIST = "The list of microphones follows those that come and go."
_LAST = "The microphone chosen last is used for the next call."
_GONE = "A call begins with another microphone when the chosen one is gone."
_TROUBLE = "A microphone that cannot be switched to is told in a sentence."
_OFF = "The microphone is on only during a call."
_CLICK = "One click leads to a call with the bot."
_TWICE = "A second click on the button that starts a call starts no second one."
_CANCEL = "A cancelled call leaves no microphone, session or room behind."
_END = "Whoever ends the call leaves the room, and the session ends at once."
_AGAIN = "Talk again begins a whole new call, without the words of the last one."
_AWAY = "Closing or leaving the page in a call ends its session."
_AWAKE = "The screen stays awake during a call, and only then."
_KEYS = "A whole call can be held with the keyboard alone."
_RUNNER = "A page served elsewhere asks the runner it was built for."
_POLICY = "No other site frames the page, and it runs no script but its own."
_HEARD = "The bot is heard without another tap, also by those who only type."
_TOKEN = "The token of a call is kept in no storage, address, console or element."
_CONNECT = "The page connects to its own server and to LiveKit, nowhere else."
_VERSION = "A new version of the page is there at the next visit."

MUTANTS: tuple[Mutant, ...] = (
    _mutant(
        "sound-after-the-microphone",
        _SOUND,
        "microphone",
        _LINE,
        "    this.room.startAudio().catch(() => undefined);\n"
        "    if (request.withMicrophone) await this.openMicrophone(request.microphoneId);\n",
        "    if (request.withMicrophone) await this.openMicrophone(request.microphoneId);\n"
        "    this.room.startAudio().catch(() => undefined);\n",
    ),
    _mutant(
        "click-waits-before-the-line",
        _SOUND,
        "microphone",
        _CALL,
        "      try {\n        await line.open(",
        "      try {\n        await Promise.resolve();\n        await line.open(",
    ),
    _mutant(
        "recording-never-begun",
        _EARLY,
        "microphone",
        _LINE,
        "    track.startPreConnectBuffer();\n",
        "",
    ),
    _mutant(
        "recording-not-announced",
        _EARLY,
        "microphone",
        _LINE,
        "publishTrack(this.microphone, { preConnectBuffer: true })",
        "publishTrack(this.microphone)",
    ),
    _mutant(
        "microphone-after-the-session",
        _EARLY,
        "microphone",
        _LINE,
        "    track.startPreConnectBuffer();\n    this.microphone = track;",
        "    this.microphone = track;\n"
        "    this.room.once(RoomEvent.Connected, () => track.startPreConnectBuffer());",
    ),
    _mutant(
        "mute-that-only-looks-so",
        _MUTE,
        "microphone",
        "web/hooks/useMicrophone.ts",
        "localParticipant.setMicrophoneEnabled(!isMicrophoneEnabled)",
        "localParticipant.setMicrophoneEnabled(true)",
    ),
    Mutant(
        name="page-mute-that-the-room-does-not-notice",
        promise=_SILENCE,
        file="web/hooks/useMicrophone.ts",
        before="attempt(localParticipant.setMicrophoneEnabled(!isMicrophoneEnabled));",
        after="""const track = localParticipant.getTrackPublications()[0]?.track;
    if (!track) return;
    track.isMuted = isMicrophoneEnabled;
    track.emit(isMicrophoneEnabled ? "muted" : "unmuted", track);
    attempt(Promise.resolve());""",
        tests=(f"{_ROOM}::test_a_muted_caller_is_silent_in_the_room",),
    ),
    _mutant(
        "choice-only-remembered",
        _CHOSEN,
        "microphone",
        "web/hooks/useMicrophone.ts",
        "attempt(setActiveMediaDevice(id));",
        "attempt(Promise.resolve());",
    ),
    _mutant(
        "choice-ends-the-mute",
        _STAYS,
        "microphone",
        "web/hooks/useMicrophone.ts",
        "attempt(setActiveMediaDevice(id));",
        "attempt(setActiveMediaDevice(id).then(() => localParticipant.setMicrophoneEnabled(true)));",
    ),
    _mutant(
        "list-of-the-beginning",
        _LIST,
        "microphone",
        "web/hooks/useMicrophone.ts",
        "devices: selection.devices.map(",
        "devices: useState(selection.devices)[0].map(",
    ),
    _mutant(
        "choice-not-remembered",
        _LAST,
        "microphone",
        "web/hooks/useMicrophone.ts",
        "      rememberMicrophone(id);\n",
        "",
    ),
    _mutant(
        "remembered-choice-not-handed-on",
        _LAST,
        "microphone",
        "web/components/Conversation.tsx",
        "microphoneId: rememberedMicrophone()",
        "microphoneId: undefined",
    ),
    _mutant(
        "remembered-choice-not-opened",
        _LAST,
        "microphone",
        _LINE,
        "deviceId ? { deviceId } : {}",
        "deviceId ? {} : {}",
    ),
    _mutant(
        "only-the-remembered-microphone",
        _GONE,
        "microphone",
        _LINE,
        "deviceId ? { deviceId } : {}",
        "deviceId ? { deviceId: { exact: deviceId } } : {}",
    ),
    _mutant(
        "trouble-with-the-microphone-kept-quiet",
        _TROUBLE,
        "microphone",
        "web/hooks/useMicrophone.ts",
        "() => setHasTrouble(true)",
        "() => setHasTrouble(false)",
    ),
    _mutant(
        "microphone-left-on",
        _OFF,
        "microphone",
        _LINE,
        "    this.microphone?.stop();\n",
        "",
    ),
    _mutant(
        "bot-not-watched",
        _CLICK,
        "life",
        _CALL,
        "  useBotWatch(state, bot, report);\n",
        "  useBotWatch(state, { ...bot, state: undefined }, report);\n",
    ),
    _mutant("line-used-twice", _TWICE, "life", _CALL, "      if (line.isUsed) return;\n", ""),
    _mutant(
        "microphone-granted-too-late",
        _CANCEL,
        "life",
        _LINE,
        "      track.stop();\n      this.abort.signal.throwIfAborted();",
        "      this.abort.signal.throwIfAborted();",
    ),
    _mutant(
        "start-not-given-up",
        _CANCEL,
        "life",
        _LINE,
        "      signal: this.abort.signal,\n",
        "      signal: new AbortController().signal,\n",
    ),
    _mutant(
        "session-forgotten-while-joining",
        _CANCEL,
        "life",
        _LINE,
        "    this.session = session;\n",
        "",
    ),
    _mutant(
        "session-ended-around-the-caller",
        _END,
        "life",
        _LINE,
        "    await this.room.disconnect();\n"
        "    if (this.session && !isClosed) await endSession(this.apiUrl, this.session);\n",
        "    if (this.session && !isClosed) await endSession(this.apiUrl, this.session);\n"
        "    await this.room.disconnect();\n",
    ),
    _mutant(
        "session-left-to-the-server",
        _END,
        "life",
        _LINE,
        "    if (this.session && !isClosed) await endSession(this.apiUrl, this.session);\n",
        "    void isClosed;\n",
    ),
    _mutant(
        "old-words-in-the-new-call",
        _AGAIN,
        "life",
        "web/components/Conversation.tsx",
        '    dispatch({ type: "cleared" });\n',
        "",
    ),
    _mutant(
        "old-line-in-the-new-call",
        _AGAIN,
        "life",
        _CALL,
        '    dispatch({ type: "closed", ending: "caller_left" });\n    setLine(newLine);\n',
        '    dispatch({ type: "closed", ending: "caller_left" });\n',
    ),
    _mutant(
        "reload-leaves-the-session",
        _AWAY,
        "life",
        _CALL,
        '    window.addEventListener("pagehide", abandon);\n',
        "",
    ),
    _mutant(
        "end-that-dies-with-the-page",
        _AWAY,
        "life",
        "web/lib/api.ts",
        "    keepalive: true,\n",
        "",
    ),
    _mutant(
        "screen-awake-for-ever",
        _AWAKE,
        "life",
        "web/components/Conversation.tsx",
        "useWakeLock(isLive);",
        "useWakeLock(true);",
    ),
    _mutant(
        "focus-lost-with-the-button",
        _KEYS,
        "life",
        "web/components/Conversation.tsx",
        "<div ref={controls} tabIndex={-1}",
        "<div tabIndex={-1}",
    ),
    _mutant(
        "address-of-the-runner-not-handed-on",
        _RUNNER,
        "elsewhere",
        _CALL,
        "new Line(env.apiUrl)",
        'new Line("")',
    ),
    _mutant(
        "token-in-the-storage",
        _TOKEN,
        "endings",
        _LINE,
        "    this.session = session;\n",
        "    this.session = session;\n"
        '    sessionStorage.setItem("parley.session", JSON.stringify(session));\n',
    ),
    _mutant(
        "token-in-the-console",
        _TOKEN,
        "endings",
        _LINE,
        "    this.session = session;\n",
        '    this.session = session;\n    console.debug("session", session);\n',
    ),
    Mutant(
        name="page-token-in-the-address",
        promise=_TOKEN,
        file=_LINE,
        before="    this.session = session;\n",
        after="    this.session = session;\n    history.replaceState(session, '');\n",
        tests=(f"{_ROOM}::test_a_whole_call_keeps_its_token_nowhere",),
    ),
    Mutant(
        name="page-plays-nothing",
        promise=_HEARD,
        file="web/components/Room.tsx",
        before="<RoomAudioRenderer room={line.room} />",
        after="<RoomAudioRenderer room={line.room} muted />",
        tests=(f"{_ROOM}::test_the_voice_of_the_bot_is_played",),
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
)

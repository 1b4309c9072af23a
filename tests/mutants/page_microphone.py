"""Against what is promised of the page: its microphone and its sound."""

from __future__ import annotations

from tests.mutants.mutant import Mutant
from tests.mutants.page_mutant import page_mutant

_LINE = "web/hooks/line.ts"
_MICROPHONE = "web/hooks/callMicrophone.ts"
_START = "web/hooks/useStart.ts"
_ROOM = "tests/e2e/test_page_in_a_room.py"
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
_HEARD = "The bot is heard without another tap, also by those who only type."

_KEPT = "The microphone and loudspeaker that were chosen stay when another one is plugged in."

MUTANTS: tuple[Mutant, ...] = (
    page_mutant(
        "follows-what-is-plugged-in",
        _KEPT,
        "microphone",
        "web/hooks/callRoom.ts",
        "    if (await this.isKept(kind)) return false;\n",
        "",
    ),
    page_mutant(
        "keeps-a-device-that-is-gone",
        _KEPT,
        "microphone",
        "web/hooks/callRoom.ts",
        " || !(await isThere(kind, active))",
        "",
    ),
    page_mutant(
        "sound-after-the-microphone",
        _SOUND,
        "microphone",
        _LINE,
        "    this.room.startAudio().catch(() => undefined);\n",
        "    setTimeout(() => void this.room.startAudio().catch(() => undefined));\n",
    ),
    page_mutant(
        "click-waits-before-the-line",
        _SOUND,
        "microphone",
        _START,
        "        await line.open(",
        "        await Promise.resolve();\n        await line.open(",
    ),
    page_mutant(
        "recording-never-begun",
        _EARLY,
        "microphone",
        _MICROPHONE,
        "      track.startPreConnectBuffer();\n",
        "",
    ),
    page_mutant(
        "recording-not-announced",
        _EARLY,
        "microphone",
        _MICROPHONE,
        "publishTrack(track, { preConnectBuffer: true })",
        "publishTrack(track)",
    ),
    page_mutant(
        "microphone-after-the-session",
        _EARLY,
        "microphone",
        _MICROPHONE,
        "      track.startPreConnectBuffer();\n",
        '      this.room.once("connected", () => track.startPreConnectBuffer());\n',
    ),
    page_mutant(
        "mute-that-only-looks-so",
        _MUTE,
        "microphone",
        "web/hooks/useMicrophone.ts",
        "microphone.mute()",
        "microphone.turnOn(undefined)",
    ),
    Mutant(
        name="page-mute-that-the-room-does-not-notice",
        promise=_SILENCE,
        file="web/hooks/useMicrophone.ts",
        before="void attempt(microphone.mute());",
        after="""{
    const track = microphone.track as unknown as { isMuted: boolean };
    track.isMuted = true;
    microphone.track?.emit("muted", microphone.track);
  }""",
        tests=(f"{_ROOM}::test_a_muted_caller_is_silent_in_the_room",),
    ),
    page_mutant(
        "choice-only-remembered",
        _CHOSEN,
        "microphone",
        "web/hooks/switchDevice.ts",
        'await room.choose("audioinput", deviceId);',
        "await Promise.resolve();",
    ),
    page_mutant(
        "choice-ends-the-mute",
        _STAYS,
        "microphone",
        "web/hooks/switchDevice.ts",
        'await room.choose("audioinput", deviceId);',
        "await room.localParticipant.setMicrophoneEnabled(true);\n"
        '    await room.choose("audioinput", deviceId);',
    ),
    page_mutant(
        "list-of-the-beginning",
        _LIST,
        "microphone",
        "web/hooks/useDevices.ts",
        'media?.addEventListener("devicechange", look);',
        "",
    ),
    page_mutant(
        "choice-not-remembered",
        _LAST,
        "microphone",
        "web/hooks/useMicrophone.ts",
        "        rememberMicrophone(id);\n",
        "",
    ),
    page_mutant(
        "remembered-choice-not-handed-on",
        _LAST,
        "microphone",
        _START,
        "microphoneId: rememberedMicrophone()",
        "microphoneId: undefined",
    ),
    page_mutant(
        "remembered-choice-not-opened",
        _LAST,
        "microphone",
        "web/hooks/openMicrophone.ts",
        "{ deviceId: { exact: deviceId } }",
        "{ deviceId: { ideal: deviceId } }",
    ),
    page_mutant(
        "only-the-remembered-microphone",
        _GONE,
        "microphone",
        "web/hooks/openMicrophone.ts",
        'nameOf(error) !== "OverconstrainedError"',
        'nameOf(error) !== ""',
    ),
    page_mutant(
        "trouble-with-the-microphone-kept-quiet",
        _TROUBLE,
        "microphone",
        "web/hooks/useAttempts.ts",
        "setTrouble(failureOf(error).code)",
        "setTrouble(undefined)",
    ),
    page_mutant(
        "microphone-left-on",
        _OFF,
        "microphone",
        "web/hooks/voiceRoom.ts",
        "    this.microphone.close();\n",
        "",
    ),
    Mutant(
        name="page-plays-nothing",
        promise=_HEARD,
        file="web/components/Room.tsx",
        before="<audio ref={useAttached(track, tellPaused)} />",
        after="<audio ref={useAttached(track, tellPaused)} muted />",
        tests=(f"{_ROOM}::test_the_voice_of_the_bot_is_played",),
    ),
)

"""Decides whether a sound during the bot's speech is an interruption. Counts audio, not time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from processors.caller_words import is_assent, is_backchannel, is_echo, words_of
from processors.voice_activity import WINDOW_SECS

PAUSE_WINDOWS = (3, 6, 12)
"""Voiced windows in a row (96 ms) that pause play-out; more after each false alarm in a row, or
the bot's own echo would make it stutter."""

DURATION_SECS = 0.8
"""Voice that is an interruption even without words; "okay" lasts .5 s. Waiting costs the caller
nothing, as play-out is paused meanwhile."""

SHORT_SECS = 0.2
"""Voice too short for any word."""

RESUME_SHORT_SECS = 0.16
"""Silence after such a sound before play-out goes on."""

RESUME_SECS = 0.22
"""Silence after a longer sound: time for speech-to-text to show a word."""

RESUME_BACKCHANNEL_SECS = 0.06
"""Silence after words that are known to be a listener's noise."""

PAUSE_LIMIT_SECS = 2.0
"""Of play-out. Pipecat declares a transport dead that takes no audio for 10 s."""

AFTERTHOUGHT_SECS = 1.0
"""A listener's noise this soon after the bot's last word is no turn of its own."""


class BargeInAction(Enum):
    """What to do now."""

    NONE = "none"
    PAUSE = "pause"
    RESUME = "resume"
    CONFIRM = "confirm"
    """It is an interruption, or an ordinary turn: the turn starts."""
    IGNORE = "ignore"
    """These words are no turn: forget them."""


@dataclass(frozen=True)
class Sound:
    """What is heard and said at one moment."""

    voiced_run: int
    """Voiced windows since the last silent one."""
    silent_run: int
    voiced_total: int
    is_speaking: bool
    """Voice activity detection is sure that somebody speaks."""
    is_audible: bool
    """Something of the bot's reply is unplayed, also while paused."""


class BargeIn:
    """The two stages of an interruption: pause at once, confirm or resume. Fed while no turn is on.

    Every frame of audio goes to `on_audio`, every transcript to `on_words`.
    """

    def __init__(self) -> None:
        self._is_paused = False
        self._paused_secs = 0.0
        self._voiced_before = 0
        self._false_alarms = 0
        self._is_backchannel = False
        self._since_audible_secs = AFTERTHOUGHT_SECS

    def on_turn_started(self) -> None:
        """A turn is on: nothing is left to decide."""
        self._is_paused = False
        self._false_alarms = 0
        self._since_audible_secs = AFTERTHOUGHT_SECS

    def on_audio(self, sound: Sound, *, frame_secs: float) -> BargeInAction:
        """Advance by one frame of audio."""
        self._since_audible_secs = (
            0.0 if sound.is_audible else self._since_audible_secs + frame_secs
        )
        if self._is_paused:
            return self._while_paused(sound, frame_secs)
        if not sound.is_audible:
            self._false_alarms = 0
            is_voice = sound.is_speaking and sound.silent_run == 0
            return BargeInAction.CONFIRM if is_voice else BargeInAction.NONE
        needed = PAUSE_WINDOWS[min(self._false_alarms, len(PAUSE_WINDOWS) - 1)]
        if sound.voiced_run < needed:
            return BargeInAction.NONE
        self._is_paused = True
        self._is_backchannel = False
        self._paused_secs = 0.0
        self._voiced_before = sound.voiced_total - sound.voiced_run
        return BargeInAction.PAUSE

    def on_words(
        self, text: str, *, is_final: bool, is_audible: bool, spoken: str
    ) -> BargeInAction:
        """Take a transcript into account.

        Args:
            text: The words.
            is_final: They will not change any more.
            is_audible: Something of the bot's reply is unplayed.
            spoken: The bot's reply so far; empty if unknown.
        """
        if not words_of(text):
            return BargeInAction.NONE
        is_tail = not is_audible and self._since_audible_secs < AFTERTHOUGHT_SECS
        is_answer = spoken.rstrip().endswith("?") and not is_audible
        is_noise = is_backchannel(text) or (is_audible and is_assent(text, spoken))
        if (is_audible or is_tail) and not is_answer and is_noise:
            self._is_backchannel = True
            return BargeInAction.IGNORE if is_final else BargeInAction.NONE
        if is_audible and is_echo(text, spoken):
            return BargeInAction.IGNORE if is_final else BargeInAction.NONE
        self._is_backchannel = False
        return BargeInAction.CONFIRM

    def _while_paused(self, sound: Sound, frame_secs: float) -> BargeInAction:
        if not sound.is_audible:
            # Somebody else cut the reply; what goes on is an ordinary turn.
            self._is_paused = False
            return BargeInAction.NONE
        self._paused_secs += frame_secs
        voiced_secs = (sound.voiced_total - self._voiced_before) * WINDOW_SECS
        silent_secs = sound.silent_run * WINDOW_SECS
        is_over_limit = self._paused_secs >= PAUSE_LIMIT_SECS
        if voiced_secs >= DURATION_SECS and not self._is_backchannel:
            return BargeInAction.CONFIRM
        if silent_secs >= self._resume_after_secs(voiced_secs) or is_over_limit:
            self._is_paused = False
            self._false_alarms += 1
            return BargeInAction.RESUME
        return BargeInAction.NONE

    def _resume_after_secs(self, voiced_secs: float) -> float:
        if self._is_backchannel:
            return RESUME_BACKCHANNEL_SECS
        return RESUME_SHORT_SECS if voiced_secs < SHORT_SECS else RESUME_SECS

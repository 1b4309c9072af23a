"""Decides whether a sound during the bot's speech is an interruption. Counts audio, not time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..scripts import word_count
from .caller_words import CallerWords, is_echo, words_of
from .voice_activity import WINDOW_SECS

PAUSE_EVIDENCE = (3, 6, 12)
"""Of voice in a row (64 to 96 ms) that pauses play-out; more after each false alarm in a row, or
the bot's own echo would make it stutter."""

DURATION_SECS = 0.8
"""Voice that is an interruption even without words; "okay" lasts .5 s. Waiting costs the caller
nothing, as play-out is paused meanwhile."""

RESUME_SECS = 0.16
"""Silence after a sound without words before play-out goes on. Words that come later interrupt."""

RESUME_BACKCHANNEL_SECS = 0.03
"""Silence after words that are known to be a listener's noise."""

DRAFT_WINDOWS = 5
"""Of voice (160 ms) after which a sound that goes on is read again."""

DRAFT_WORDS = 3
"""Different guessed words that are an interruption whatever they are: half a word may be read as
"good, good, good". No noise of `bench.corpus` is read as more than one, no listener's noise as more
than two that are none."""

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
    evidence: int
    """The same, with those counted twice in which voice is certain."""
    hush_secs: float
    """Since the last sound."""
    voiced_total: int
    is_speaking: bool
    """Voice activity detection is sure that somebody speaks."""
    is_audible: bool
    """Something of the bot's reply is unplayed, also while paused."""
    is_reply_due: bool
    """The caller's turn has ended, and its reply is not heard yet."""


class BargeIn:
    """The two stages of an interruption: pause at once, confirm or resume. Fed while no turn is on.

    Every frame of audio goes to `on_audio`, every transcript to `on_words`.

    Args:
        caller_words: The caller's language; None: none is known, so no word is a mere noise.
    """

    def __init__(self, *, caller_words: CallerWords | None = None) -> None:
        self._caller_words = caller_words or CallerWords()
        self._is_paused = False
        self._paused_secs = 0.0
        self._voiced_before = 0
        self._false_alarms = 0
        self._is_backchannel = False
        self._read = (0, False)
        self._since_audible_secs = AFTERTHOUGHT_SECS

    @property
    def is_paused(self) -> bool:
        """True between `PAUSE` and what follows it."""
        return self._is_paused

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
        if not (sound.is_audible or sound.is_reply_due):
            self._false_alarms = 0
            is_voice = sound.is_speaking and not sound.hush_secs
            return BargeInAction.CONFIRM if is_voice else BargeInAction.NONE
        needed = PAUSE_EVIDENCE[min(self._false_alarms, len(PAUSE_EVIDENCE) - 1)]
        if sound.evidence < needed:
            return BargeInAction.NONE
        self._is_paused = True
        self._is_backchannel = False
        self._paused_secs = 0.0
        self._voiced_before = sound.voiced_total - sound.voiced_run
        self._read = (self._voiced_before, False)
        return BargeInAction.PAUSE

    def is_draft_due(self, sound: Sound) -> bool:
        """Return True if the words of a sound should be guessed now."""
        is_hush = sound.hush_secs > 0
        now = (sound.voiced_total, is_hush)
        is_due = self._read != now if is_hush else now[0] - self._read[0] >= DRAFT_WINDOWS
        if not (self._is_paused and is_due):
            return False
        self._read = now
        return True

    def on_draft(self, text: str, *, spoken: str, is_whole: bool) -> BargeInAction:
        """Take a guess at the words into account; it decides nothing that real words do not mend.

        Args:
            text: The words.
            spoken: The bot's reply so far; empty if unknown.
            is_whole: No sound has followed.
        """
        known = self._caller_words
        if not self._is_paused or known.is_question(spoken):
            return BargeInAction.NONE
        is_noise = known.is_backchannel(text) or known.is_assent(text, spoken)
        is_noise = is_noise or is_echo(text, spoken)
        is_much = word_count([*set(words_of(text))]) >= DRAFT_WORDS
        if not is_noise and (is_much or (is_whole and known.is_interruption(text))):
            return BargeInAction.CONFIRM
        # Two words of a hum are no reason to wait for real ones either.
        self._is_backchannel = is_noise or is_whole
        return BargeInAction.NONE

    def on_no_audio(self) -> BargeInAction:
        """No audio comes any more: nobody can be speaking."""
        self._is_paused = False
        return BargeInAction.RESUME

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
        known = self._caller_words
        is_answer = known.is_question(spoken)
        is_noise = known.is_backchannel(text) or (is_audible and known.is_assent(text, spoken))
        if (is_audible or is_tail) and not is_answer and is_noise:
            self._is_backchannel = True
            return BargeInAction.IGNORE if is_final else BargeInAction.NONE
        if is_audible and is_echo(text, spoken):
            return BargeInAction.IGNORE if is_final else BargeInAction.NONE
        if is_audible and not is_final and known.may_become_backchannel(text):
            return BargeInAction.NONE
        self._is_backchannel = False
        return BargeInAction.CONFIRM

    def _while_paused(self, sound: Sound, frame_secs: float) -> BargeInAction:
        if not (sound.is_audible or sound.is_reply_due):
            # Somebody else cut the reply, or it ended before the pause took hold: what goes on is
            # an ordinary turn, and the next reply must not find itself paused.
            self._is_paused = False
            return BargeInAction.RESUME
        self._paused_secs += frame_secs
        voiced_secs = (sound.voiced_total - self._voiced_before) * WINDOW_SECS
        resume_after_secs = RESUME_BACKCHANNEL_SECS if self._is_backchannel else RESUME_SECS
        is_over_limit = self._paused_secs >= PAUSE_LIMIT_SECS
        if voiced_secs >= DURATION_SECS and not self._is_backchannel:
            return BargeInAction.CONFIRM
        if sound.hush_secs >= resume_after_secs or is_over_limit:
            self._is_paused = False
            self._false_alarms += 1
            return BargeInAction.RESUME
        return BargeInAction.NONE

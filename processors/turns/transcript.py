"""The words of the caller's present turn, and whether more of them are on the way."""

from __future__ import annotations

from pipecat.frames.frames import Frame, TranscriptionFrame

from ..scripts import joined
from .caller_words import CallerWords, words_of
from .patience import TextKind, kind_of

_SHARED_WORDS = 3
"""So many of a recogniser's last words must be in a guess that goes on where they end."""

FINAL_SLACK_SECS = 0.1
"""Voice detection hears the end of a word up to three windows later than a recogniser."""


def covers_sound(frame: Frame, quiet_secs: float) -> bool:
    """Return True if words, or what else a recogniser says, reach to the last sound heard.

    A frame that does not say how far it reaches does if it is not final: later ones replace it.

    Args:
        frame: With the lag of its words behind the audio in its metadata, if that is known.
        quiet_secs: Since the last sound; for final words, as voice detection hears it.
    """
    is_final = isinstance(frame, TranscriptionFrame)
    lag_secs: float | None = frame.metadata.get("lag_secs")
    if lag_secs is None:
        return not is_final
    return lag_secs <= quiet_secs + (FINAL_SLACK_SECS if is_final else 0.0)


def _continued(interim: str, draft: str) -> str:
    """Return the recogniser's words so far, and what a guess has after them.

    Empty if the guess does not hold the end of those words: then the two have heard differently.
    """
    known, guessed = interim.split(), draft.split()
    if not known:
        return joined(guessed)
    # The last word so far may be half a word.
    for end in (len(known), len(known) - 1):
        tail = [words_of(word) for word in known[max(0, end - _SHARED_WORDS) : end]]
        for at in range(len(guessed) - len(tail), -1, -1):
            if tail and tail == [words_of(word) for word in guessed[at : at + len(tail)]]:
                return joined([*known[:end], *guessed[at + len(tail) :]])
    return ""


class TurnTranscript:
    """Collects final and interim transcripts; owned by the turn end strategy.

    Args:
        caller_words: The caller's language; None for one that is not known.
    """

    def __init__(self, *, caller_words: CallerWords | None = None) -> None:
        self._caller_words = caller_words or CallerWords()
        self._finals: list[str] = []
        self._interim = ""
        self._draft = ""
        self._most_chars = 0
        self._kind = ("", TextKind.PLAIN)
        self._is_covered = False
        self._is_current = False
        self._has_fresh_final = False
        self._is_settled = False

    @property
    def text(self) -> str:
        """The final words so far."""
        return joined(self._finals)

    @property
    def interim(self) -> str:
        """Words that are not final yet."""
        return self._interim

    @property
    def candidate(self) -> str:
        """All words so far, final or not; those of a draft while it knows more."""
        return joined([*self._finals, self._draft or self._interim])

    @property
    def kind(self) -> TextKind:
        """What all words so far say about more to come."""
        candidate = self.candidate
        if candidate != self._kind[0]:
            self._kind = (candidate, kind_of(candidate, self._caller_words))
        return self._kind[1]

    @property
    def is_current(self) -> bool:
        """True if the words, final or not, reach to the end of what was said."""
        return self._is_current or bool(self._draft)

    @property
    def is_behind(self) -> bool:
        """True if the recogniser has not shown the words to the end of what was said."""
        return not self._is_current

    @property
    def is_settled(self) -> bool:
        """True if speech-to-text has said that nothing more follows."""
        return self._is_settled

    @property
    def is_complete(self) -> bool:
        """True if the final words cover all that was said."""
        is_covered = self._is_covered or (self._is_settled and self._has_fresh_final)
        return bool(self._finals) and not self._interim and is_covered

    def reset(self) -> None:
        """Begin a new turn."""
        self._finals.clear()
        self._interim = ""
        self._most_chars = 0
        self.on_voice()

    def on_voice(self) -> None:
        """The caller speaks: whatever was complete no longer is."""
        self._is_covered = self._is_current = False
        self._has_fresh_final = self._is_settled = False
        self._draft = ""

    def on_draft(self, text: str) -> None:
        """Words since the last final ones, to the end of what was said, as a guess has them.

        They stand until the recogniser's own reach as far, or the caller goes on.
        """
        self._draft = _continued(self._interim, text) if self.is_behind else ""

    def on_interim(self, text: str, *, is_current: bool = True) -> bool:
        """Words that may still change; earlier finals do not cover them.

        Args:
            text: The words.
            is_current: They reach to the end of what was said.

        Returns:
            True if they are more than before; a recogniser that wavers may do so for ever.
        """
        self._interim = text.strip()
        self._is_covered = False
        self._is_current = is_current
        if is_current:
            self._draft = ""
        is_more = len(self._interim) > self._most_chars
        self._most_chars = max(self._most_chars, len(self._interim))
        return is_more

    def on_final(self, text: str, *, is_last: bool) -> None:
        """Words that will not change any more.

        Args:
            text: The words.
            is_last: They reach to the end of what was said.
        """
        self._draft = ""
        if text.strip():
            self._finals.append(text.strip())
            self._has_fresh_final = True
            self._interim = ""
            self._most_chars = 0
        self._is_covered = self._is_current = is_last

    def on_settled(self) -> None:
        """Speech-to-text has nothing to add; finals it sent before cover everything."""
        self._is_settled = self._is_current = True
        self._draft = ""
        if self._finals and not self._interim:
            self._is_covered = True

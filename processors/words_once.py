"""Lets each of the caller's words through once, however often a recogniser says it.

Words come again when interim words were taken because no final came and it comes after all, when a
new connection hears audio a second time, when a server sends a result twice, or when its results
overlap. By the audio they cover it is plain which words are meant; where a server does not say what
its results cover, the words themselves must do.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from pipecat.frames.frames import InterimTranscriptionFrame, TranscriptionFrame

from processors.stretch import Stretch
from processors.word_units import Unit, units_of

SLACK_SECS = 0.25
"""Results that share less audio than this follow each other: a word takes about as long."""

LATE_SECS = 3.0
"""Of audio. Recognisers that transcribe whole segments take 0.2 to 3 s."""

MEMORY_SECS = 30.0
"""Of audio; a reconnect repeats at most 10 s."""

_ALIKE = 0.5
"""Share of words two texts have in common if nothing but the words says that they are one."""
_SAME = 0.75
"""The same if the audio they claim to cover is so old that the server may count it otherwise."""


@dataclass
class _Piece:
    words: list[str]
    stretch: Stretch | None
    is_final: bool
    """Its words came as final ones; other words were taken before that."""
    at_secs: float
    admitted: str = ""
    """What was new about it."""
    is_followed: bool = False
    """The caller has spoken since."""


class WordsOnce:
    """The account of the words a session has had.

    Every transcript is offered to `admit`. Owned by the recogniser if it asks for itself, so that
    nobody sees a word twice, else by the user aggregator, which tells it of sound in any case.
    """

    def __init__(self) -> None:
        self._now_secs = 0.0
        self._pieces: list[_Piece] = []
        self._interim: _Piece | None = None

    def on_audio(self, secs: float) -> None:
        """Advance by one frame of audio."""
        self._now_secs += secs

    def on_voice(self) -> None:
        """The caller begins to speak: the same words from now on may have been said again."""
        for piece in self._pieces:
            piece.is_followed = True

    def admit(self, frame: TranscriptionFrame | InterimTranscriptionFrame) -> bool:
        """Reduce a transcript to its new words; returns False if there are none."""
        is_final = isinstance(frame, TranscriptionFrame)
        units = units_of(frame.text)
        piece = _Piece([unit.word for unit in units], Stretch.of(frame), is_final, self._now_secs)
        known = self._repeated_by(piece)
        begin = self._first_new(piece, known) if known else 0
        begin = _next_word(units, begin)
        if begin:
            frame.text = frame.text[units[begin].start :] if begin < len(units) else ""
        piece.admitted = frame.text.strip()
        if is_final:
            self._interim = None
            self._keep(piece, known, begin)
        elif begin < len(units):
            self._interim = piece
        return begin < len(units)

    def take(self, text: str) -> bool:
        """Take the present interim words as they are: their final may bring no others.

        Returns:
            False if these are not the present ones, as a final has overtaken them.
        """
        piece = self._interim
        if piece is None or piece.admitted != text:
            return False
        self._interim = None
        piece.at_secs = self._now_secs
        known = self._repeated_by(piece)
        self._keep(piece, known, self._first_new(piece, known) if known else 0)
        return True

    def _repeated_by(self, new: _Piece) -> list[_Piece]:
        """Return the pieces whose words this one may hold again."""
        return [piece for piece in self._pieces if self._may_repeat(piece, new)]

    def _may_repeat(self, old: _Piece, new: _Piece) -> bool:
        if old.stretch and new.stretch:
            shared_secs = min(old.stretch.end_secs, new.stretch.end_secs) - max(
                old.stretch.start_secs, new.stretch.start_secs
            )
            return shared_secs > SLACK_SECS
        is_recent = self._now_secs - old.at_secs <= LATE_SECS
        return is_recent and not (old.is_final and old.is_followed)

    def _first_new(self, new: _Piece, known: list[_Piece]) -> int:
        """Return how many words of a piece are old."""
        old = [word for piece in known for word in piece.words]
        shared, begin = _align(old, new.words)
        share = shared / max(1, min(len(old), len(new.words)))
        if new.stretch and all(piece.stretch for piece in known):
            is_credible = new.stretch.lag_secs <= LATE_SECS
            if not shared and is_credible and len(new.words) <= len(old):
                # The same audio understood otherwise: "twenty five", "25".
                return len(new.words)
            return begin if shared and (is_credible or share >= _SAME) else 0
        if all(piece.is_final for piece in known):
            return _first_after(known, new)
        return begin if share >= _ALIKE else 0

    def _keep(self, new: _Piece, known: list[_Piece], begin: int) -> None:
        """Remember a piece, as one with those it repeats."""
        if not new.words:
            return
        if begin:
            old = [word for piece in known for word in piece.words]
            new.words = old + new.words[begin:]
            new.is_final = new.is_final and all(piece.is_final for piece in known)
            new.at_secs = min(new.at_secs, *(piece.at_secs for piece in known))
            new.stretch = _union(new.stretch, known)
            self._pieces = [piece for piece in self._pieces if piece not in known]
        self._pieces.append(new)
        self._pieces = [
            piece for piece in self._pieces if self._now_secs - piece.at_secs <= MEMORY_SECS
        ]


def _align(old: list[str], new: list[str]) -> tuple[int, int]:
    """Return how many words two texts share, and where in the second one what is new begins."""
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    shared = sum(block.size for block in blocks)
    if not shared:
        return 0, 0
    last = blocks[-2]
    # A word in the place of another one is that word understood otherwise.
    is_read_otherwise = len(old) - (last.a + last.size)
    return shared, min(len(new), last.b + last.size + is_read_otherwise)


def _first_after(known: list[_Piece], new: _Piece) -> int:
    """Return how many words are old where every word has been final and nobody spoke since.

    A result that was sent twice, an interim that comes behind its final, or a server whose results
    hold all words so far. One word may have been said twice.
    """
    last, old = known[-1].words, [word for piece in known for word in piece.words]
    if new.words in (last, old) or (not new.is_final and last[: len(new.words)] == new.words):
        return len(new.words)
    return len(old) if len(old) > 1 and new.words[: len(old)] == old else 0


def _next_word(units: list[Unit], begin: int) -> int:
    """Return where the first word begins that is new as a whole."""
    while 0 < begin < len(units):
        before, unit = units[begin - 1], units[begin]
        # "Twenty" was heard, as its first digit, and "20" is written.
        is_tail = unit.word == "0" and unit.start == before.start + 1 and before.word.isdecimal()
        if unit.start != before.start and not is_tail:
            break
        begin += 1
    return begin


def _union(stretch: Stretch | None, known: list[_Piece]) -> Stretch | None:
    stretches = [piece.stretch for piece in known if piece.stretch]
    if stretch is None or not stretches:
        return stretch or (stretches[0] if stretches else None)
    return Stretch(
        min(stretch.start_secs, *(other.start_secs for other in stretches)),
        max(stretch.end_secs, *(other.end_secs for other in stretches)),
        stretch.lag_secs,
    )

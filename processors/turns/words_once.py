"""Lets each of the caller's words through once, however often a recogniser says it.

Words come again when interim words were taken because no final came and it comes after all, when a
new connection hears audio a second time, when a server sends a result twice, or when its results
overlap. By the audio they cover it is plain which words are meant; where a server does not say what
its results cover, the words themselves must do.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

from pipecat.frames.frames import InterimTranscriptionFrame, TranscriptionFrame

from ..characters import whole
from .stretch import SLACK_SECS, Stretch
from .word_units import Numerals, next_word, units_of

LATE_SECS = 3.0
"""Of audio. Recognisers that transcribe whole segments take 0.2 to 3 s."""

TWICE_SECS = 2.0
"""Of audio in which a server may send a final twice."""

OWED_SECS = 6.0
"""Of audio in which the final of words taken may come, if no sound of the caller is between. Voice
detection may not hear a quiet caller, so not for ever."""

WORD_SECS = 0.15
"""A quick talker's word: in less time after a sound, no words can have been said again."""

MEMORY_SECS = 30.0
"""Of audio; a reconnect repeats at most 10 s."""

_ALIKE = 0.5
"""Share of words two texts have in common if nothing but the words says that they are one."""
_SAME = 0.75
"""The same if the audio they claim to cover is so old that the server may count it otherwise."""

_CUT_OFF_LETTERS = 3
"""More letters make another word of it; fewer are an ending, "table" and "tables"."""


@dataclass(eq=False)
class _Piece:
    words: list[str]
    stretch: Stretch | None
    is_final: bool
    """Its words came as final ones; other words were taken before that."""
    at_secs: float
    admitted: str = ""
    """What was new about it."""
    followed_secs: float | None = None
    """When the caller has first made a sound since."""


class WordsOnce:
    """The account of the words a session has had.

    Owned by the recogniser if that asks `admit` itself, so that nobody sees a word twice, else by
    the user aggregator, which tells it of sound in any case. Knows number words by `numerals`.
    """

    def __init__(self, *, numerals: Numerals | None = None) -> None:
        self._numerals = numerals or {}
        self._now_secs = 0.0
        self._pieces: list[_Piece] = []
        self._interim: _Piece | None = None

    def on_audio(self, secs: float) -> None:
        """Advance by one frame of audio."""
        self._now_secs += secs

    def on_voice(self) -> None:
        """The caller begins to speak: the same words from now on may have been said again."""
        for piece in self._pieces:
            if piece.followed_secs is None:
                piece.followed_secs = self._now_secs

    def admit(self, frame: TranscriptionFrame | InterimTranscriptionFrame) -> bool:
        """Reduce a transcript to its new words; returns False if there are none."""
        is_final = isinstance(frame, TranscriptionFrame)
        frame.text = whole(frame.text)
        units = units_of(frame.text, self._numerals)
        piece = _Piece([unit.word for unit in units], Stretch.of(frame), is_final, self._now_secs)
        known, begin = self._compare(piece)
        begin = next_word(units, begin)
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
        self._keep(piece, *self._compare(piece))
        return True

    def _compare(self, new: _Piece) -> tuple[list[_Piece], int]:
        """Return the pieces whose words a new one holds again, and how many of its own are old."""
        if new.stretch and all(piece.stretch for piece in self._pieces):
            return self._compare_audio(new, new.stretch)
        return self._compare_words(new)

    def _compare_audio(self, new: _Piece, stretch: Stretch) -> tuple[list[_Piece], int]:
        known = [
            piece
            for piece in self._pieces
            if piece.stretch and piece.stretch.is_shared_with(stretch)
        ]
        old = _words_of(known)
        shared, begin = _align(known, new.words)
        is_credible = stretch.lag_secs <= LATE_SECS
        is_owed = not any(self._may_be_said_again(piece, new) for piece in known)
        if known and not shared and is_credible and is_owed and len(new.words) <= len(old):
            # The same audio understood otherwise: "for", "four".
            return known, len(new.words)
        is_alike = shared >= _SAME * min(len(old), len(new.words))
        is_overlap = all(_is_inside(stretch, piece.stretch) for piece in known)
        if is_overlap and not is_alike:
            # It begins amid known audio, so what it repeats must be their end.
            begin = _overlap(old, new.words, least=1)
        return (known, begin) if shared and (is_credible or is_alike) else ([], 0)

    def _compare_words(self, new: _Piece) -> tuple[list[_Piece], int]:
        recent = [piece for piece in self._pieces if self._may_come_again(piece, new)]
        if len(new.words) > 1 and _holds(_words_of(recent), new.words):
            # Who says one word again has made a sound; who says several does so later.
            return recent, len(new.words)
        if not new.is_final and any(p.words[: len(new.words)] == new.words for p in recent):
            # An interim behind its final; if the words are said again, their final will come.
            return recent, len(new.words)
        taken = [piece for piece in recent if not piece.is_final and _align([piece], new.words)[0]]
        shared, begin = _align(taken, new.words)
        if shared and shared >= _ALIKE * min(len(_words_of(taken)), len(new.words)):
            return taken, begin
        unfollowed = [piece for piece in recent if piece.followed_secs is None]
        if unfollowed and new.words == unfollowed[-1].words:
            return unfollowed, len(new.words)
        # One word may have been said twice.
        size = _overlap(_words_of(unfollowed), new.words, least=2)
        return _holding_last(unfollowed, size), size

    def _may_come_again(self, piece: _Piece, new: _Piece) -> bool:
        """Return True if a server may still send the words of a piece, and the caller not yet."""
        age_secs = self._now_secs - piece.at_secs
        if piece.followed_secs is None and not piece.is_final:
            return age_secs <= OWED_SECS
        return age_secs <= LATE_SECS and not self._may_be_said_again(piece, new)

    def _may_be_said_again(self, piece: _Piece, new: _Piece) -> bool:
        """Return True if no words are owed for a piece, and the caller is heard to say them again.

        A final that no interim words announce may soon after the first be that one, sent twice.
        """
        since_secs = self._pieces[-1].followed_secs
        if since_secs is None or not piece.is_final:
            return False
        begun = self._interim if new.is_final else new
        is_begun = begun is not None and begun.words[:1] == new.words[:1]
        if not is_begun and self._now_secs - piece.at_secs <= TWICE_SECS:
            return False
        return self._now_secs - since_secs >= WORD_SECS * len(new.words)

    def _keep(self, new: _Piece, known: list[_Piece], begin: int) -> None:
        """Remember a piece, as one with those it repeats."""
        if begin >= len(new.words):
            return
        if begin:
            new.words = _words_of(known) + new.words[begin:]
            new.is_final = new.is_final and all(piece.is_final for piece in known)
            new.stretch = _union(new.stretch, known)
            self._pieces = [piece for piece in self._pieces if piece not in known]
        self._pieces.append(new)
        self._pieces = [p for p in self._pieces if self._now_secs - p.at_secs <= MEMORY_SECS]


def _is_inside(stretch: Stretch, known: Stretch | None) -> bool:
    return known is not None and stretch.start_secs - known.start_secs > SLACK_SECS


def _words_of(pieces: list[_Piece]) -> list[str]:
    return [word for piece in pieces for word in piece.words]


def _align(known: list[_Piece], new: list[str]) -> tuple[int, int]:
    """Return how many words a text shares with others, and where what is new in it begins."""
    old = _words_of(known)
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    shared = sum(block.size for block in blocks)
    if not shared:
        return 0, 0
    last = blocks[-2]
    old_end = last.a + last.size
    piece_end = next(end for end in accumulate(len(p.words) for p in known) if end >= old_end)
    # A word in the place of another one is that word understood otherwise, but not "tomorrow" in
    # the place of "to".
    is_read_otherwise = piece_end - old_end
    begin = last.b + last.size + is_read_otherwise
    if is_read_otherwise and begin <= len(new) and _is_cut_off(old[piece_end - 1], new[begin - 1]):
        begin -= 1
    return shared, min(len(new), begin)


def _is_cut_off(word: str, whole: str) -> bool:
    return whole.startswith(word) and len(whole) >= len(word) + _CUT_OFF_LETTERS


def _holds(words: list[str], part: list[str]) -> bool:
    """Return True if some words follow each other in others."""
    return any(words[at : at + len(part)] == part for at in range(len(words) - len(part) + 1))


def _overlap(old: list[str], new: list[str], *, least: int) -> int:
    """Return how many words end one text and begin the other; 0 if fewer than the least."""
    sizes = range(min(len(old), len(new)), least - 1, -1)
    return next((size for size in sizes if old[-size:] == new[:size]), 0)


def _holding_last(pieces: list[_Piece], size: int) -> list[_Piece]:
    """Return the last pieces, as many as hold that many words."""
    while pieces and len(_words_of(pieces[1:])) >= size:
        pieces = pieces[1:]
    return pieces


def _union(stretch: Stretch | None, known: list[_Piece]) -> Stretch | None:
    stretches = [piece.stretch for piece in known if piece.stretch]
    if stretch is None or not stretches:
        return stretch or (stretches[0] if stretches else None)
    return Stretch(
        min(stretch.start_secs, *(other.start_secs for other in stretches)),
        max(stretch.end_secs, *(other.end_secs for other in stretches)),
        stretch.lag_secs,
    )

"""Cuts a reply into what is spoken in one go: its first clause, then sentences."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from enum import Enum, auto
from functools import cache

from pipecat.utils.string import SENTENCE_ENDING_PUNCTUATION, match_endofsentence
from pipecat.utils.text.base_text_aggregator import Aggregation, BaseTextAggregator, TextType
from typing_extensions import override

LEAST_CHARS = 4
"""Of a first clause: "Sure," may go ahead, "A," may not."""

MAX_FIRST_CHARS = 120
MAX_CHARS = 240
"""Of a sentence that does not end: 8 and 16 s of speech at 15 letters a second. The first is spoken
while the second is written and made; some voices take no more than 250 letters."""

_MARKS = ",;:"
_SURE_MARKS = ",;、，"
"""After a letter these end a clause whatever follows, so the next token need not be awaited."""

_JOINING = {
    "de": "und|oder|aber|denn|sondern|weil|dass|wenn|damit|obwohl|während|bevor|nachdem",
    "en": "and|but|or|so|then|because|which|while|where|when|if",
    "es": "y|e|o|u|pero|sino|porque|aunque|cuando|mientras|que|si",
    "fr": "et|ou|mais|donc|car|puis|parce|quand|lorsque|puisque|qui|que|si",
}
"""Words that begin a clause; a speaker may breathe before them."""

_WIDE = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]")
_WIDE_CHARS = 3
"""Letters of an alphabet that take as long to say as one sign of Chinese or Japanese."""

_ABBREVIATIONS = {
    "de": "zzgl|inkl|exkl|mind|ggf|evtl|bzw|ca|tel|std|min|max|abs|"
    # A date: the month is still to come.
    r"(?:am|dem|den|der|des|die|vom|zum|bis|ab|seit|und) \d{1,2}",
    "en": "approx|avg|cf|dept|est|excl|ext|incl|max|min|misc|tel|vol|vols|ca",
    "es": "sr|sra|srta|dr|dra|ud|uds|avda|pág|págs|tel|aprox|máx|mín|núm|art",
    "fr": "m|mm|mme|mmes|mlle|dr|av|bd|env|tél|max|min|art|apr|cf",
}
"""Which Pipecat's rules take for the end of a sentence."""


@cache
def _breaths(language: str) -> tuple[re.Pattern[str], ...]:
    """Return where a long sentence is cut, best first; the language as Pipecat names it, "de"."""
    joining = _JOINING.get(language, _JOINING["en"])
    patterns = (r"[,;:—–)] |[、，；：]", rf" (?=(?:{joining}) )", r" ")
    return tuple(map(re.compile, patterns))


@cache
def _abbreviation(language: str) -> re.Pattern[str]:
    known = _ABBREVIATIONS.get(language, _ABBREVIATIONS["en"])
    return re.compile(rf"(?i)(?:^|[\s(])(?:{known})\.$")


class _Awaits(Enum):
    """What may show that the last full stop, or other such sign, ended a sentence."""

    NOTHING = auto()
    CHARACTER = auto()
    WORD = auto()
    WORD_END = auto()
    """A part of a word may be another word: the "Do" of "Albert I. Douglas"."""


class FirstClause(BaseTextAggregator):
    """Pipecat's sentence aggregation that lets the first clause of a reply go ahead.

    The voice can then start a few words earlier; the break is where a speaker would breathe. A line
    ends a piece too, and a sentence that goes on and on is cut where it may be.

    Args:
        language: A BCP 47 tag; empty for English.
    """

    def __init__(self, *, language: str = "") -> None:
        super().__init__(aggregation_type=TextType.SENTENCE, language=language)
        self._rest = ""
        self._awaits = _Awaits.NOTHING
        self._is_first = True
        self._known_chars = 0
        """At the beginning, in which no full stop ends a sentence."""

    @property
    @override
    def text(self) -> Aggregation:
        """What has not gone ahead yet."""
        return Aggregation(text=self._rest.strip(" "), type=TextType.SENTENCE)

    @override
    async def aggregate(self, text: str) -> AsyncIterator[Aggregation]:
        """Add text; yields every piece that is complete."""
        for char in text:
            self._rest += char
            if sentence := self._take_sentence(char):
                self._is_first = False
                yield Aggregation(text=sentence, type=TextType.SENTENCE)
            chars = self._ready_chars(char)
            if chars and (piece := self._cut(chars)):
                self._is_first = False
                yield Aggregation(text=piece, type=TextType.SENTENCE)

    @override
    async def flush(self) -> Aggregation | None:
        """Return what is left; the next text is a new reply."""
        rest = self.text if self._rest else None
        await self.reset()
        return rest

    @override
    async def handle_interruption(self) -> None:
        """Drop what is left; the next text is a new reply."""
        await self.reset()

    @override
    async def reset(self) -> None:
        """Drop what is left; the next text is a new reply."""
        self._rest = ""
        self._awaits = _Awaits.NOTHING
        self._is_first = True
        self._known_chars = 0

    def _take_sentence(self, char: str) -> str:
        """Take a sentence off the text if `char`, its last, shows that one has ended.

        As Pipecat's aggregator does: what follows a full stop tells whether it was one, so the text
        is judged at the first character behind it, and once more when the word there is whole.
        """
        if char == "." and _abbreviation(self.language).search(self._rest):
            self._known_chars = len(self._rest)
        is_mark = char in SENTENCE_ENDING_PUNCTUATION
        chars = self._sentence_chars(is_mark=is_mark) if self._is_due(char, is_mark=is_mark) else 0
        sentence, self._rest = self._rest[:chars], self._rest[chars:]
        if chars:
            self._known_chars = 0
            self._awaits = _Awaits.NOTHING
        if is_mark:
            self._awaits = _Awaits.CHARACTER
        return sentence.strip(" ")

    def _is_due(self, char: str, *, is_mark: bool) -> bool:
        """Return True if the text is to be judged at this character of it."""
        match self._awaits:
            case _Awaits.CHARACTER if not (char.isspace() or is_mark):
                self._awaits = _Awaits.WORD_END if char.isalnum() else _Awaits.WORD
                return True
            case _Awaits.WORD if char.isalnum():
                self._awaits = _Awaits.WORD_END
            case _Awaits.WORD_END if char.isspace() or is_mark:
                self._awaits = _Awaits.NOTHING
                return True
            case _:
                pass
        return False

    def _sentence_chars(self, *, is_mark: bool) -> int:
        """Return how much of the text is a sentence; 0 if none is whole."""
        text = self._rest[:-1] if is_mark else self._rest
        known = "".join(
            " " if char in SENTENCE_ENDING_PUNCTUATION else char
            for char in text[: self._known_chars]
        )
        return match_endofsentence(known + text[self._known_chars :], language=self.language)

    def _cut(self, chars: int) -> str:
        """Take this much off the text; returns it without the space around it."""
        piece, self._rest = self._rest[:chars], self._rest[chars:]
        if not self._rest:
            self._awaits = _Awaits.NOTHING
        self._known_chars = max(0, self._known_chars - chars)
        return piece.strip(" \n")

    def _ready_chars(self, char: str) -> int:
        """Return how much of the text, `char` its last, goes ahead; mostly 0."""
        if char == "\n" or (self._is_first and self._is_clause(char)):
            return len(self._rest)
        return self._long_chars()

    def _long_chars(self) -> int:
        """Return how much goes ahead of a text that is too long to wait for its end."""
        limit = MAX_FIRST_CHARS if self._is_first else MAX_CHARS
        length = len(self._rest)
        if length * _WIDE_CHARS < limit:
            return 0
        if length + (_WIDE_CHARS - 1) * len(_WIDE.findall(self._rest)) < limit:
            return 0
        for breath in _breaths(self.language):
            ends = [match.end() for match in breath.finditer(self._rest)]
            if ends and ends[-1] > length // 3:
                return ends[-1]
        return length

    def _is_clause(self, char: str) -> bool:
        """Return True if `char`, the last one of the text so far, shows it to be a clause."""
        clause = self._rest.strip(" ")
        if len(clause) <= LEAST_CHARS:
            return False
        is_sure = char in _SURE_MARKS and clause[-2].isalpha()
        return is_sure or (char == " " and clause[-1] in _MARKS)

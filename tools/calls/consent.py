"""Whether the caller's words are a clear yes to a question, a no, or neither."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

# Letters of scripts without spaces between words (kana, Han, Thai and the like) stand alone.
_LETTERS = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
    r"\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f"
)
_WORD = re.compile(rf"[{_LETTERS}]|[^\W_{_LETTERS}]+(?:'[^\W_{_LETTERS}]+)?")


class Consent(Enum):
    """An answer to a question that can be answered by yes or no."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


@dataclass(frozen=True, kw_only=True)
class ConsentWords:
    """How one language says yes and no: words and phrases, with commas between them.

    Without any words no answer is clear, and the caller is left the buttons of the page.
    """

    yes: str = ""
    """Not what is only agreement noise ("mm-hmm", "right"): that is not clear enough."""
    no: str = ""
    """Takes a yes back, or asks for something else."""
    hard_no: str = ""
    """Of these, what says no without a word about doing it otherwise."""
    askable: str = ""
    """Of these, what may have been asked for: "cancel" does not refuse "Shall I cancel it?"."""
    empty: str = ""
    """Adds nothing to a yes."""
    stem_letters: int = 0
    """So many letters tell that it is the word asked for ("absagen", "absage"); 0: all of it."""

    def consent(self, text: str, *, question: str) -> Consent:
        """Return what `text` means as the answer to `question`.

        A yes may repeat words of the question ("yes, book the haircut") but add none of its own:
        "yes, but on Friday" is not a yes to what was asked.
        """
        words = spaced(text)
        asked = spaced(question)
        found = self._pattern.findall(words)
        negative = {
            phrase for phrase in found if phrase in self._no and not self._is_asked(phrase, asked)
        }
        yes = [phrase for phrase in found if phrase in self._yes]
        if negative:
            # "Don't do it" holds a phrase of a yes, but no word of one.
            is_mixed = any(phrase in self._yes_words for phrase in yes)
            is_no = bool(negative & self._hard_no) and not is_mixed
            return Consent.NO if is_no else Consent.UNCLEAR
        rest = set(self._pattern.sub("", words).split())
        is_plain = bool(yes) and not rest - set(asked.split())
        return Consent.YES if is_plain else Consent.UNCLEAR

    def _is_asked(self, phrase: str, question: str) -> bool:
        stem = phrase[: self.stem_letters] or f"{phrase} "
        return phrase in self._askable and f" {stem}" in question

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Finds the longest known phrase at each place."""
        known = self._yes | self._no | _phrases(self.empty)
        longest_first = sorted(known, key=len, reverse=True)
        choice = "|".join(map(re.escape, longest_first)) or "(?!)"
        return re.compile(rf"(?<= )(?:{choice})(?= )")

    @cached_property
    def _yes(self) -> frozenset[str]:
        return _phrases(self.yes)

    @cached_property
    def _yes_words(self) -> frozenset[str]:
        """The phrases that are written without a space."""
        return _phrases(",".join(part for part in self.yes.split(",") if " " not in part.strip()))

    @cached_property
    def _no(self) -> frozenset[str]:
        return _phrases(self.no)

    @cached_property
    def _hard_no(self) -> frozenset[str]:
        return _phrases(self.hard_no)

    @cached_property
    def _askable(self) -> frozenset[str]:
        return _phrases(self.askable)


def _phrases(text: str) -> frozenset[str]:
    return frozenset(filter(None, (spaced(phrase).strip() for phrase in text.split(","))))


def spaced(text: str) -> str:
    """Return the words in lower case with a space before, between and after them."""
    words = _WORD.findall(text.lower().replace("’", "'"))
    return f" {' '.join(words)} "

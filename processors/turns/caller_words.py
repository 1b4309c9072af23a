"""What the words of a caller tell about turn-taking, without understanding them.

Knows no language itself: the words come as `CallerWords`, and without any only punctuation, digits
and letters tell something.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from ..scripts import SPACELESS, is_spaceless, word_count
from .same_words import SameWords

# A letter of a script without spaces is a word of its own.
_WORD = re.compile(rf"[{SPACELESS}]|(?:[^\W{SPACELESS}]|')+")

_BACKCHANNEL_WORDS = 4
"""A listener's noise has no more."""
_ECHO_WORDS = 2
_YEARS = range(1900, 2100)
_DICTATION_RUN = 3
"""Spoken digits or letters in a row that make a dictated number or a spelled name."""
_WHOLE_NUMBER = 10
"""A telephone number that has this many digits is complete."""
_UNFINISHED = ("...", "…", ",", "-", "–", "—", ":", "、", "，", "：")


def words_of(text: str) -> list[str]:
    """Return the words in lower case, without punctuation."""
    return _WORD.findall(text.lower().replace("’", "'").replace("-", " "))


class Phrases:
    """Words and short phrases, looked for at the beginning or the end of what was said.

    Args:
        text: The phrases, with commas between them.
    """

    def __init__(self, text: str = "") -> None:
        self._by_words = {tuple(words_of(phrase)): phrase for phrase in text.split(",")}
        self._by_words.pop((), None)
        self._most = max(map(len, self._by_words), default=0)

    def __iter__(self):
        """Iterate over the phrases as they are written."""
        return (phrase.strip() for phrase in self._by_words.values())

    def __or__(self, other: Phrases) -> Phrases:
        """Return the phrases of both."""
        return Phrases(",".join([*self, *other]))

    @property
    def of_one_word(self) -> Phrases:
        """The phrases that are written without a space."""
        return Phrases(",".join(phrase for phrase in self if " " not in phrase))

    def at_start(self, words: list[str]) -> int:
        """Return how many words the longest phrase has that these begin with; 0 without one."""
        sizes = range(min(self._most, len(words)), 0, -1)
        return next((size for size in sizes if tuple(words[:size]) in self._by_words), 0)

    def at_end(self, words: list[str]) -> int:
        """Return how many words the longest phrase has that these end with; 0 without one."""
        sizes = range(min(self._most, len(words)), 0, -1)
        return next((size for size in sizes if tuple(words[-size:]) in self._by_words), 0)

    def may_begin_with(self, words: list[str]) -> bool:
        """Return True if more words can make one of the phrases of these."""
        begun = tuple(words)
        return any(p[: len(begun)] == begun for p in self._by_words if len(p) > len(begun))


@dataclass(frozen=True, kw_only=True)
class CallerWords:
    """The words of one language that tell something about turns."""

    backchannels: Phrases = Phrases()
    """With which a listener keeps a speaker going."""
    assents: Phrases = Phrases()
    """An answer wherever a question may have been asked, a listener's noise elsewhere."""
    hanging: Phrases = Phrases()
    """A finished sentence seldom ends with them."""
    asked_hanging: Phrases = Phrases()
    """With these it does, if something comes before them: a question or an answer ("yes it is")."""
    digits: frozenset[str] = frozenset()
    """Words, or letters of a script without spaces, of which a dictated number is made."""
    letter_words: frozenset[str] = frozenset()
    """Letters that are mostly words ("a"), not part of a spelling."""
    interrupts: Phrases = Phrases()
    """With which a listener who wants the speaker to stop begins."""
    same: SameWords = SameWords()
    """What two recognisers may write differently."""
    question_ends: tuple[str, ...] = ("?", "？", "؟")
    """What the bot asks ends so."""

    def is_backchannel(self, text: str) -> bool:
        """Return True for "mm-hm", "yeah okay", "oh, I see": a listener's noises, however many."""
        words = words_of(text)
        return _is_short(words) and not _rest_after(self.backchannels, words)

    def may_become_backchannel(self, text: str) -> bool:
        """Return True for "I", which may be the beginning of "I see"."""
        rest = _rest_after(self.backchannels, words_of(text))
        return bool(rest) and self.backchannels.may_begin_with(rest)

    def is_interruption(self, text: str) -> bool:
        """Return True for "stop", "wait, ...": with these nobody keeps a speaker going."""
        return self.interrupts.at_start(words_of(text)) > 0

    def is_assent(self, text: str, spoken: str) -> bool:
        """Return True for "yes" and a listener's noises during a reply that asks nothing."""
        words = words_of(text)
        is_agreement = _is_short(words) and not _rest_after(self._all_assents, words)
        is_asked = any(end in spoken for end in self.question_ends)
        return is_agreement and bool(spoken) and not is_asked

    def is_question(self, spoken: str) -> bool:
        """Return True if what the bot says ends in a question."""
        return spoken.rstrip().endswith(self.question_ends)

    def is_hanging(self, text: str) -> bool:
        """Return True if the text breaks off where a sentence must go on."""
        stripped = text.rstrip()
        if not stripped or stripped.endswith(("?", "？", "؟")):
            return False
        if stripped.endswith(_UNFINISHED):
            return True
        words = words_of(stripped)
        hanging, asked = self.hanging.at_end(words), self.asked_hanging.at_end(words)
        is_end = asked > hanging or 0 < asked < len(words)
        return hanging > 0 and not is_end

    def is_dictation(self, text: str) -> bool:
        """Return True if the text ends in a number or a name that is being dictated or spelled."""
        digits = 0
        run = 0
        for word in reversed(words_of(text)):
            if word.isdigit():
                is_year = len(word) == 4 and int(word) in _YEARS
                if is_year and not run:
                    return False
                run += len(word)
                digits += len(word)
            elif word in self.digits or self._is_spelled(word):
                run += 1
                digits += word in self.digits
            else:
                break
        return run >= _DICTATION_RUN and digits < _WHOLE_NUMBER

    @cached_property
    def _all_assents(self) -> Phrases:
        return self.backchannels.of_one_word | self.assents

    def _is_spelled(self, word: str) -> bool:
        return len(word) == 1 and word not in self.letter_words and not is_spaceless(word)


def is_echo(text: str, spoken: str) -> bool:
    """Return True if two or more words are, in order, what the bot is saying itself."""
    words = words_of(text)
    is_enough = word_count(words) >= _ECHO_WORDS
    return is_enough and f" {' '.join(words)} " in f" {' '.join(words_of(spoken))} "


def _is_short(words: list[str]) -> bool:
    return 0 < word_count(words) <= _BACKCHANNEL_WORDS


def _rest_after(phrases: Phrases, words: list[str]) -> list[str]:
    """Return what is left when the phrases at the beginning are taken away."""
    rest = words
    while size := phrases.at_start(rest):
        rest = rest[size:]
    return rest

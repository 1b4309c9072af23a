"""What the words of a caller tell about turn-taking, without understanding them. English."""

from __future__ import annotations

import re

_WORD = re.compile(r"[\w']+")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


BACKCHANNELS = _set(
    "mm mhm hm hmm mmm mmhmm uh huh uhhuh um yeah yep yup ya ok okay right sure aha ah oh alright "
    "cool nice great wow gotcha exactly true good interesting really wonderful"
)
"""Words with which a listener keeps a speaker going."""

_ASSENTS = BACKCHANNELS | {"yes"}
"""An answer wherever a question may have been asked, a listener's noise elsewhere."""

_BACKCHANNEL_PHRASES = [
    phrase.split() for phrase in ("i see", "got it", "of course", "makes sense", "go on")
]
_BACKCHANNEL_WORDS = 4
"""A listener's noise has no more."""

HANGING = _set(
    "a an the and or but nor because if when while that which who whose my your his her its our "
    "their this these those of in on at to for from with without by about into onto over under "
    "between than as is are was were am be been will would can could should shall may might must "
    "do does did have has had i'm i'll i'd we'll you're it's that's there's let's um uh er hmm "
    "like very really some any every more most not also then maybe plus"
)
"""Words a finished sentence seldom ends with."""

_ASKED_HANGING = _set("is are was were am be do does did have has had can will that")
"""Of these, the ones that do end a question or an answer ("yes it is", "I know that")."""

_DIGIT_WORDS = _set(
    "zero one two three four five six seven eight nine oh double triple dash dot at hyphen"
)
_YEARS = range(1900, 2100)
_DICTATION_RUN = 3
"""Spoken digits or letters in a row that make a dictated number or a spelled name."""
_WHOLE_NUMBER = 10
"""A telephone number that has this many digits is complete."""


def words_of(text: str) -> list[str]:
    """Return the words in lower case, without punctuation."""
    return _WORD.findall(text.lower().replace("’", "'").replace("-", " "))


def is_backchannel(text: str) -> bool:
    """Return True for "mm-hm", "yeah okay", "oh, I see": a listener's noises, however many."""
    words = words_of(text)
    return 0 < len(words) <= _BACKCHANNEL_WORDS and not _after_backchannels(words)


def may_become_backchannel(text: str) -> bool:
    """Return True for "I", which may be the beginning of "I see"."""
    rest = _after_backchannels(words_of(text))
    return bool(rest) and any(rest == phrase[: len(rest)] for phrase in _BACKCHANNEL_PHRASES)


def _after_backchannels(words: list[str]) -> list[str]:
    """Return what is left when the listener's noises at the beginning are taken away."""
    rest = words
    while rest:
        phrases = (phrase for phrase in _BACKCHANNEL_PHRASES if rest[: len(phrase)] == phrase)
        found = next(phrases, None)
        if found is None and rest[0] not in BACKCHANNELS:
            break
        rest = rest[len(found or rest[:1]) :]
    return rest


def is_assent(text: str, spoken: str) -> bool:
    """Return True for "yes" and a listener's noises during a reply in which nothing is asked."""
    words = words_of(text)
    is_agreement = 0 < len(words) <= 4 and all(word in _ASSENTS for word in words)
    return is_agreement and bool(spoken) and "?" not in spoken


def is_echo(text: str, spoken: str) -> bool:
    """Return True if two or more words are, in order, what the bot is saying itself."""
    words = words_of(text)
    return len(words) >= 2 and f" {' '.join(words)} " in f" {' '.join(words_of(spoken))} "


def is_hanging(text: str) -> bool:
    """Return True if the text breaks off where a sentence must go on."""
    stripped = text.rstrip()
    if not stripped or stripped.endswith("?"):
        return False
    if stripped.endswith(("...", "…", ",", "-", "–", "—", ":")):
        return True
    words = words_of(stripped)
    if not words or words[-1] not in HANGING:
        return False
    return not (len(words) > 1 and words[-1] in _ASKED_HANGING)


def is_dictation(text: str) -> bool:
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
        elif word in _DIGIT_WORDS or (len(word) == 1 and word != "a"):
            run += 1
            digits += word in _DIGIT_WORDS
        else:
            break
    return run >= _DICTATION_RUN and digits < _WHOLE_NUMBER

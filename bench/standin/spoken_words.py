"""When each word of a line is spoken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SpokenWord:
    """One word, and where in the stream it is; in seconds."""

    text: str
    start_secs: float
    end_secs: float


def words_of(text: str, *, start_secs: float, secs: float) -> tuple[SpokenWord, ...]:
    """Return the words of a line that takes `secs`, spread over it by their letters and digits.

    A guess for all but the last word, which ends with the line.
    """
    words = text.split()
    letters = [max(1, len(re.sub(r"\W", "", word))) for word in words]
    spoken: list[SpokenWord] = []
    for number, word in enumerate(words):
        first, last = sum(letters[:number]), sum(letters[: number + 1])
        start = start_secs + secs * first / sum(letters)
        spoken.append(SpokenWord(word, start, start_secs + secs * last / sum(letters)))
    return tuple(spoken)


def text_of(words: Sequence[SpokenWord]) -> str:
    """Return what they say together."""
    return " ".join(word.text for word in words)

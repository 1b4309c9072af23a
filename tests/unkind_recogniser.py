"""What a caller says, and the transcripts an unkind recogniser makes of it, on one time line."""

from __future__ import annotations

from dataclasses import dataclass, replace

from processors.turns.voice_activity import WINDOW_SECS

WORD_WINDOWS = 6
"""A word lasts about 0.2 s."""


@dataclass(frozen=True)
class Utterance:
    """Some words, and the silence after them."""

    words: int = 3
    pause_windows: int = 30
    is_unheard: bool = False
    """Too quiet for voice detection, not for the recogniser."""


@dataclass(frozen=True)
class Manners:
    """How the recogniser behaves towards one utterance. Windows are 32 ms of audio."""

    interim_windows: int = 9
    """Between interims; 0 for none."""
    withheld_words: int = 0
    """That interims lack at their end."""
    interim_late_windows: int = 0
    final_late_windows: int = 6
    is_answer: bool = True
    """The final is the answer to Finalize."""
    resent_windows: int | None = None
    """The final comes again that much later."""
    is_split: bool = False
    """It comes as two finals that overlap by two words."""
    has_stale_interim: bool = False
    """An interim comes behind the final."""


@dataclass(frozen=True, order=True)
class Said:
    """One transcript."""

    window: int
    """When it comes."""
    number: int
    text: str
    is_final: bool
    is_answer: bool
    span_secs: tuple[float, float]


def voiced_windows(utterances: list[Utterance]) -> list[bool]:
    """Return for every window whether voice detection hears voice."""
    voiced: list[bool] = []
    for said in utterances:
        voiced += [not said.is_unheard] * (said.words * WORD_WINDOWS)
        voiced += [False] * said.pause_windows
    return voiced


def transcripts(utterances: list[Utterance], manners: list[Manners]) -> list[Said]:
    """Return what the recogniser says, in the order in which it does."""
    found: list[Said] = []
    begin, word = 0, 0
    for utterance, manner in zip(utterances, manners, strict=True):
        words = [f"word{_letters(word + index)}" for index in range(utterance.words)]
        found += _of_one(words, begin, manner)
        begin += utterance.words * WORD_WINDOWS + utterance.pause_windows
        word += utterance.words
    return sorted(replace(said, number=number) for number, said in enumerate(found))


def words_of_all(utterances: list[Utterance]) -> list[str]:
    """Return what was said."""
    return [f"word{_letters(index)}" for index in range(sum(said.words for said in utterances))]


def _of_one(words: list[str], begin: int, manner: Manners) -> list[Said]:
    length = len(words) * WORD_WINDOWS
    end = begin + length + 4
    span = (begin * WINDOW_SECS, end * WINDOW_SECS)
    found: list[Said] = []
    last_interim = ""
    step = manner.interim_windows
    for at in range(step, length + 1, step) if step else ():
        heard = words[: max(0, at // WORD_WINDOWS - manner.withheld_words)]
        if heard:
            last_interim = " ".join(heard)
            window = begin + at + manner.interim_late_windows
            reach = (span[0], (begin + at) * WINDOW_SECS)
            found.append(Said(window, 0, last_interim, False, False, reach))
    at = begin + length + manner.final_late_windows
    text = " ".join(words).capitalize() + "."
    if manner.is_split and len(words) > 3:
        cut = begin + 4 * WORD_WINDOWS
        first = Said(at, 0, " ".join(words[:4]), True, False, (span[0], cut * WINDOW_SECS))
        rest_span = ((begin + 2 * WORD_WINDOWS) * WINDOW_SECS, span[1])
        rest = Said(at, 0, " ".join(words[2:]) + ".", True, manner.is_answer, rest_span)
        found += [first, rest]
    else:
        found.append(Said(at, 0, text, True, manner.is_answer, span))
    if manner.has_stale_interim and last_interim:
        found.append(Said(at + 1, 0, last_interim, False, False, span))
    if manner.resent_windows is not None:
        again = replace(found[-1], text=text, is_final=True, span_secs=span)
        found.append(replace(again, window=at + manner.resent_windows, is_answer=False))
    return found


def _letters(number: int) -> str:
    """Write a number so that it is no numeral."""
    return chr(ord("a") + number // 26) + chr(ord("a") + number % 26)

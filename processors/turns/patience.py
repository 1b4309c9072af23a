"""How long a pause must be before it ends the caller's turn."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from .caller_words import CallerWords


class TextKind(Enum):
    """What the words so far say about more to come."""

    PLAIN = "plain"
    HANGING = "hanging"
    """Ends in a word like "the": more must come."""
    DICTATION = "dictation"
    """A number or spelling: people pause inside it."""


SURE_PROBABILITY = 0.8
"""Ends a plain turn at once. Over unfinished sentences the model's early looks gave .01-.79."""

MOST_HEARD = 0.9
"""Of a recogniser's confidence that the turn is over: with .1 of the turn model's that is .5."""

LIKELY_PROBABILITY = 0.5
"""Worth asking the language model ahead of time."""

# Silence in seconds, and the probability of being done that ends the turn from then on. An unsure
# model is asked again as the pause grows; at the last step silence alone decides.
_STEPS = {
    TextKind.PLAIN: ((0.09, SURE_PROBABILITY), (0.19, 0.7), (0.45, 0.5), (0.9, 0.3), (1.6, 0.0)),
    TextKind.HANGING: ((0.6, 0.9), (0.8, SURE_PROBABILITY), (1.2, 0.5), (2.0, 0.0)),
    TextKind.DICTATION: ((0.7, SURE_PROBABILITY), (1.2, 0.5), (2.2, 0.0)),
}

LOOK_SECS = (0.03, 0.19, 0.45, 0.9)
"""Silence after which the turn model is asked, until it is sure enough."""

NEVER_FINAL_SECS = 0.9
"""Silence after which words that never became final are taken as they are."""

NO_WORDS_SECS = 0.5
"""Silence that ends a turn for which speech-to-text has said there are no words."""

MUTE_SECS = 1.5
"""Silence that ends a turn for which speech-to-text has said nothing at all."""

UNHEARD_SECS = 1.0
"""Without voice; words that are new then are spoken too quietly to be heard as voice. Deepgram
shows new words once a second."""


def kind_of(text: str, caller_words: CallerWords) -> TextKind:
    """Judge the words of the turn so far; no words are plain."""
    if caller_words.is_dictation(text):
        return TextKind.DICTATION
    return TextKind.HANGING if caller_words.is_hanging(text) else TextKind.PLAIN


def likelihood_of(answers: Sequence[float]) -> float:
    """Return how probable an end is after one or more looks of the turn model at a pause.

    The mean: the more silence the model hears, the likelier it calls any pause an end, so its last
    answer alone is its worst (bench.turns, pauses that had three looks: area under the curve .73
    to .74 for the last answer, .77 to .81 for the mean).
    """
    return sum(answers) / len(answers)


def with_witness(likelihood: float, heard_end: float) -> float:
    """Return how probable an end is when a recogniser has heard one too.

    Two witnesses of the same weight; the second only ever speaks for an end, and not as loud that
    a pause shorter than 0.9 s ends against a turn model that is sure of the contrary.
    """
    return max(likelihood, (likelihood + min(heard_end, MOST_HEARD)) / 2)


def is_sure(probability: float, kind: TextKind) -> bool:
    """Return True if the turn may end as soon as silence is certain."""
    return kind is TextKind.PLAIN and probability >= SURE_PROBABILITY


def is_over(silence_secs: float, probability: float, kind: TextKind) -> bool:
    """Return True if a pause of this length ends the turn."""
    needed = 2.0
    for from_secs, step_probability in _STEPS[kind]:
        if silence_secs >= from_secs:
            needed = step_probability
    return probability >= needed


def looks_due(silence_secs: float) -> int:
    """Return how many times the turn model should have been asked in a pause this long."""
    return sum(silence_secs >= look_secs for look_secs in LOOK_SECS)

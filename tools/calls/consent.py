"""Whether the caller's words are a clear yes to a question, a no, or neither."""

from __future__ import annotations

import re
from enum import Enum


class Consent(Enum):
    """An answer to a question that can be answered by yes or no."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


# A yes that is only agreement noise ("mm-hmm", "uh-huh", "right") is not clear enough.
_YES = re.compile(
    r"\b(yes|yeah|yep|yup|sure|absolutely|definitely|certainly|confirm(ed)?|correct|ok|okay"
    r"|affirmative|go ahead|do it|do that|please do|of course|book it|sounds good)\b"
)
# Takes the yes back, or asks for something else.
_NO = frozenset(
    {"no", "nope", "nah", "not", "don't", "dont", "never", "stop", "wait", "cancel", "hold", "hang"}
    | {"forget", "nevermind", "neither", "but", "instead", "rather", "actually", "maybe"}
    | {"perhaps", "later", "unless", "if"}
)
# Says no without a word about doing it otherwise.
_HARD_NO = _NO & {"no", "nope", "nah", "don't", "dont", "never", "stop", "cancel", "forget"}
# These may be what was asked for: "cancel" is no refusal of "Shall I cancel it?".
_ASKABLE = frozenset({"stop", "cancel", "hold", "hang"})
# Words that add nothing to a yes.
_EMPTY = frozenset(
    {"please", "thanks", "thank", "you", "that's", "thats", "that", "it", "is", "i'm", "im", "i"}
    | {"am", "do", "so", "well", "oh", "uh", "um", "the", "a", "an", "and", "for", "me", "my"}
    | {"to", "at", "on", "of", "this", "great", "fine", "perfect", "right", "would", "like"}
    | {"want", "just", "now", "exactly", "really"}
)


def consent(text: str, *, question: str) -> Consent:
    """Return what `text` means as the answer to `question`.

    A yes may repeat words of the question ("yes, book the haircut") but add none of its own:
    "yes, but on Friday" is not a yes to what was asked.
    """
    words = _words(text)
    asked = set(_words(question))
    joined = " ".join(words)
    is_yes = _YES.search(joined) is not None
    negative = {word for word in words if word in _NO} - (_ASKABLE & asked)
    if negative:
        return Consent.NO if negative & _HARD_NO and not _has_yes_word(words) else Consent.UNCLEAR
    if not is_yes:
        return Consent.UNCLEAR
    rest = set(_YES.sub(" ", joined).split())
    return Consent.UNCLEAR if rest - _EMPTY - asked else Consent.YES


def _has_yes_word(words: list[str]) -> bool:
    # "Don't do it" holds a phrase of a yes, but no word of one.
    return any(_YES.fullmatch(word) for word in words)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:'[^\W_]+)?", text.lower().replace("’", "'"))

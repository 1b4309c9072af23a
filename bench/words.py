"""Word error rate, after writing both texts the same way (lower case, no punctuation, digits).

The rules are a small part of Whisper's English normaliser: what the local voice and the local
recogniser need.
"""

from __future__ import annotations

import re

_FILLERS = {"uh", "um", "hmm", "mm", "mhm", "mmm", "ah", "er"}
_CONTRACTIONS = (
    (r"\bwon't\b", "will not"),
    (r"\bcan't\b", "can not"),
    (r"\bcannot\b", "can not"),
    (r"\blet's\b", "let us"),
    (r"n't\b", " not"),
    (r"'re\b", " are"),
    (r"'ll\b", " will"),
    (r"'ve\b", " have"),
    (r"'m\b", " am"),
    (r"\b(it|that|what|there|here|he|she|who|where|how)'s\b", r"\1 is"),
    (r"'d\b", " would"),
    (r"\bo'clock\b", ""),
)
_UNITS = re.findall(
    r"\w+",
    """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen""",
)
_TENS = re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety")
_VALUES = {word: value for value, word in enumerate(_UNITS)} | {
    word: 10 * value for value, word in enumerate(_TENS, start=2)
}


def normalized(text: str) -> list[str]:
    """Return the words of `text` in their common form."""
    text = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    for pattern, replacement in _CONTRACTIONS:
        text = re.sub(pattern, replacement, text)
    text = re.sub(r"(?<=\d)[,:](?=\d)", "", text).replace("'", "")
    words = re.findall(r"\w+", text.replace("-", " "))
    return _with_digits([word for word in words if word not in _FILLERS])


def word_error_rate(reference: str, hypothesis: str) -> float:
    """Return edits per reference word; 0.0 is perfect, above 1.0 is possible.

    Raises:
        ValueError: if the reference has no words.
    """
    wanted, got = normalized(reference), normalized(hypothesis)
    if not wanted:
        raise ValueError("the reference has no words")
    return _edit_distance(wanted, got) / len(wanted)


def _with_digits(words: list[str]) -> list[str]:
    """Write number words below one hundred as digits: "twenty", "one" -> "21"."""
    digits: list[str] = []
    tens: int | None = None
    for word in words:
        value = _VALUES.get(word)
        if tens is not None and value is not None and 0 < value < 10:
            digits[-1] = str(tens + value)
            tens = None
            continue
        digits.append(word if value is None else str(value))
        tens = value if value is not None and value >= 20 else None
    return digits


def _edit_distance(wanted: list[str], got: list[str]) -> int:
    row = list(range(len(got) + 1))
    for count, word in enumerate(wanted, start=1):
        diagonal, row[0] = row[0], count
        for column, other in enumerate(got, start=1):
            diagonal, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, diagonal + (word != other)),
            )
    return row[-1]

"""Scripts written without spaces between words: there a letter stands where a word would."""

from __future__ import annotations

import re

_EAST_ASIAN = r"\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f"
SPACELESS = rf"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff{_EAST_ASIAN}"
"""Inside brackets of a pattern: Thai, Lao, Burmese, Khmer; kana and Han signs, wide and narrow."""

WORD_LETTERS = 3
"""So many of their letters say as much as a word: Japanese has about two signs to a short word."""

_LETTER = re.compile(f"[{SPACELESS}]")
_TOUCHING = rf"[{_EAST_ASIAN}\u3000-\u3002\u3008-\u3011\uff01-\uff0f\uff1a-\uff1f]"
"""Kana, Han signs and their marks: no space either where one sentence follows another."""
_TOUCHES = re.compile(_TOUCHING)
_GAP = re.compile(f"(?<={_TOUCHING}) (?={_TOUCHING})")


def is_spaceless(letter: str) -> bool:
    """Return True if a word of one letter is a letter of such a script."""
    return _LETTER.match(letter) is not None


def word_count(words: list[str]) -> float:
    """Return how many words these are, if letters that stand for themselves are parts of one."""
    return sum(1 / WORD_LETTERS if is_spaceless(word) else 1.0 for word in words)


def space_between(before: str, after: str) -> str:
    """Return what stands between two texts that follow each other: a space, or nothing."""
    is_spaced = not (_TOUCHES.match(before[-1:]) and _TOUCHES.match(after[:1]))
    has_space = before[-1:].isspace() or after[:1].isspace()
    return " " if before and after and is_spaced and not has_space else ""


def without_gaps(text: str) -> str:
    """Return a text without the spaces that joining put where its script has none."""
    return _GAP.sub("", text)


def joined(texts: list[str]) -> str:
    """Join texts that follow each other, with spaces where their script has them."""
    whole = ""
    for text in texts:
        whole += space_between(whole, text) + text
    return whole

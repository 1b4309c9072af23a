"""What people write in one line: names and comments."""

from __future__ import annotations

import unicodedata

_JOINERS = "\u200c\u200d"
"""Persian is written with the first; the second makes one emoji of several."""
_REFUSED = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
"""Controls, invisible signs and those that turn the direction, private signs, halves of characters,
ends of lines. Signs without a category are newer than Python."""


def is_one_line(text: str) -> bool:
    """Return whether text is one line that may be shown as it is.

    `str.isprintable` takes no space but one: Japanese names are written with a wide one between
    them, and French has one that does not break before a question mark.
    """
    return all(sign in _JOINERS or unicodedata.category(sign) not in _REFUSED for sign in text)

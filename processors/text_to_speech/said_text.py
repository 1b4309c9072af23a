"""What is said of a reply, sign by sign: without pictures, repeated marks and double spaces."""

from __future__ import annotations

import re

PAUSE = "\n"
"""What was said so far is a piece of its own."""

_TAIL_CHARS = 80
_ONCE = frozenset(",;:—–")
_CLAUSE_ENDS = frozenset(")%°”»")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_ARROW = re.compile("[←-⇿⟰-⟿⤀-⥿]")
_UNSPOKEN = re.compile(
    # Controls and marks without a sound, halves of a character, boxes, pictures.
    "[\x00-\x08\x0b-\x1f\x7f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\ufffc\ufffd\ud800-\udfff"
    "\u20d0-\u20ff\u2139\u2300-\u23ff\u24c2\u2500-\u27bf\u2b00-\u2bff\u3030\u303d\ue000-\uf8ff"
    "\U0001f000-\U0001faff\U000e0000-\U000e0fff]"
)


class SaidText:
    """Collects what is said; owned by `SpeakableText`."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self.tail = ""
        """The end of all that was said, also of what was taken."""

    def take(self) -> str:
        """Return what was said since the last call."""
        said = "".join(self._said)
        self._said.clear()
        return said

    def add_words(self, words: str) -> None:
        """Say plain words, as they are."""
        self._said.append(words)
        self.tail = (self.tail + words)[-_TAIL_CHARS:]

    def add(self, text: str) -> None:
        """Say any text, as far as it can be said."""
        for char in text:
            if char == PAUSE:
                self.pause()
            elif char.isspace():
                if self.tail and self.tail[-1] not in " \n":
                    self.add_words(" ")
            elif _ARROW.match(char):
                self.add(",")
            elif not _UNSPOKEN.match(char) and not self._is_repeated(char):
                self.add_words(char)

    def pause(self) -> None:
        """End a sentence that has no mark at its end, and pause."""
        said = self.tail.rstrip(" ")
        if not said or said.endswith(PAUSE):
            return
        if said[-1].isalnum() or said[-1] in _CLAUSE_ENDS:
            self.add_words("。" if _CJK.match(said[-1]) else ".")
        self.add_words(PAUSE)

    def _is_repeated(self, char: str) -> bool:
        tail = self.tail
        if char == "\u200d":
            # Joins pictures; it is a letter's part in other scripts only.
            return tail[-1:] < "\x7f"
        if char in "!?":
            return tail.endswith(char) or (tail[-2:-1] in ("!", "?") and tail[-1:] in ("!", "?"))
        if char in ".-":
            return tail.endswith(char * 3)
        return char in _ONCE and tail.endswith(char)

"""Makes a reply speakable while it streams: its words without markup, pictures and addresses."""

from __future__ import annotations

import re

from .formula_words import formula_words
from .said_text import PAUSE, SaidText
from .speakable_markup import (
    CODE_FENCE,
    CODE_FENCE_IN_LINE,
    DEFINITION,
    DOMAIN,
    FENCE_TAIL,
    HOST,
    HOST_PART,
    INLINE,
    LINE_STARTS,
    PATH,
    PROSE,
    QUOTE,
    RULE,
    TABLE_ROW,
    Markup,
)

_WORDS = re.compile(r"[^\W_]+(?:[ ',](?![hHwW])[^\W_]+)*")
"""Nothing in them needs a second look."""
_FULL_LINE_CHARS = 40
"""A line as long may have been ended for its length."""
_URL_LETTERS = frozenset("hHwW")
_TRAILING = ".,;:!?)]}*_"


class SpeakableText:
    """Takes the text of a reply in pieces of any size and returns what is to be said of it.

    Ordinary words and their punctuation come back at once. Lines, items, headings and rows end
    with `PAUSE`. A single line of fenced code is spoken, a longer listing is left out. Markup may
    be split anywhere; what looks like it is held back until it is known what it is.

    Args:
        language: In which formulas are spoken, as Pipecat names it: "de" of "de-AT".
    """

    def __init__(self, *, language: str = "en") -> None:
        self._words = formula_words(language)
        self._reset()

    def feed(self, text: str) -> str:
        """Add text; returns what can be said by now."""
        self._held += text
        return self._scan(is_end=False)

    def finish(self) -> str:
        """Return what was held back at the end of a reply; the next text is a new one."""
        self._held += "\n"
        said = self._scan(is_end=True)
        self._reset()
        return said

    def _reset(self) -> None:
        self._held = ""
        self._said = SaidText()
        self._is_line_start = True
        self._has_new_line = False
        self._fence = ""
        self._is_in_prose = False
        self._link_depth = 0
        self._is_in_path = False

    def _scan(self, *, is_end: bool) -> str:
        while self._held and self._step(is_end):
            pass
        return self._said.take()

    def _step(self, is_end: bool) -> bool:
        """Take something from the held text; returns False if more text is to be awaited."""
        if self._fence:
            return self._leave_code(is_end)
        if self._link_depth:
            return self._leave_link_target()
        if self._is_in_path:
            return self._leave_path(is_end)
        if self._is_line_start:
            return self._begin_line(is_end)
        words = _WORDS.match(self._held)
        if words and not self._may_be_address():
            self._said.add_words(words.group())
            self._held = self._held[words.end() :]
            return True
        if self._held[0] == " " and self._said.tail[-1:] not in ("", " ", "\n"):
            self._said.add_words(" ")
            self._held = self._held[1:]
            return True
        return self._take_special(is_end)

    # Lines.

    def _begin_line(self, is_end: bool) -> bool:
        self._held = self._held.lstrip(" \t\r\v\f")
        if not self._held:
            return False
        if self._held[0] == "\n":
            self._take(1, PAUSE)
            return True
        for markup in (CODE_FENCE, RULE, QUOTE, DEFINITION, TABLE_ROW, *LINE_STARTS):
            match = markup.whole.match(self._held)
            if match:
                self._obey_line(markup, match)
                return True
            if not is_end and markup.part.fullmatch(self._held):
                return False
        self._end_line_before(self._held[0])
        return True

    def _obey_line(self, markup: Markup, match: re.Match[str]) -> None:
        if markup is not QUOTE:
            self._has_new_line = False
            self._said.pause()
        said = markup.spoken(match, self._said.tail, self._words)
        rest = self._held[match.end() :]
        self._is_line_start = markup in (RULE, QUOTE, DEFINITION)
        if markup is CODE_FENCE:
            self._held = rest
            self._pass_fence(match.group(1), match.group(2).strip().lower())
        elif markup is TABLE_ROW:
            self._held = said + rest
        else:
            self._take(match.end(), said)

    def _pass_fence(self, fence: str, language: str) -> None:
        if language in PROSE or (self._is_in_prose and not language):
            self._is_in_prose = bool(language)
            self._is_line_start = True
        else:
            self._fence = fence

    def _end_line_before(self, first: str) -> None:
        """A line of ordinary text begins: it goes on with a full one before it, or ends that."""
        self._is_line_start = False
        if self._has_new_line:
            self._has_new_line = False
            line = self._said.tail[-_FULL_LINE_CHARS:]
            if first.islower() and len(line) == _FULL_LINE_CHARS and PAUSE not in line:
                self._said.add(" ")
            else:
                self._said.pause()

    def _leave_code(self, is_end: bool) -> bool:
        end = re.search(rf"^[ \t]*{self._fence}(?=[^\n]*\n){FENCE_TAIL}", self._held, re.MULTILINE)
        if not end and not is_end:
            return False
        code = self._held[: end.start() if end else None].strip()
        rest = self._held[end.end() :].removeprefix("\n") if end else ""
        self._fence = ""
        self._is_line_start = "\n" in code or not code
        self._held = rest if self._is_line_start else f"{code}\n\n{rest}"
        return True

    # Inside a line.

    def _take_special(self, is_end: bool) -> bool:
        held = self._held
        if held[0] == "\n":
            self._is_line_start = self._has_new_line = True
            self._held = held[1:]
            return True
        if held[0] in "`~":
            fence = CODE_FENCE_IN_LINE.whole.match(held)
            if fence:
                self._obey_line(CODE_FENCE, fence)
                return True
            if not is_end and CODE_FENCE_IN_LINE.part.fullmatch(held):
                return False
        if held[0] in _URL_LETTERS or held[0] == "/":
            return self._take_address(is_end)
        return self._take_markup(is_end)

    def _take_markup(self, is_end: bool) -> bool:
        held = self._held
        if held.startswith("]("):
            self._link_depth = 1
            self._take(2, "")
            return True
        if held == "]" and not is_end:
            return False
        for markup in INLINE.get(held[0], ()):
            match = markup.whole.match(held)
            if match:
                self._take(match.end(), markup.spoken(match, self._said.tail, self._words))
                return True
            if not is_end and markup.part.fullmatch(held):
                return False
        self._take(1, held[0])
        return True

    def _may_be_address(self) -> bool:
        before = self._said.tail[-1:]
        if self._held[0] not in _URL_LETTERS or (before.isalnum() and before.isascii()):
            return False
        return bool(HOST.match(self._held) or HOST_PART.fullmatch(self._held))

    def _take_address(self, is_end: bool) -> bool:
        """Say of an address who it belongs to; its path is for the eye."""
        host = HOST.match(self._held)
        if host:
            name = host.group(1).rstrip(_TRAILING)
            self._said.add(name)
            self._held = self._held[host.start(1) + len(name) :]
            self._is_in_path = self._held[0] in "/?#:"
        elif self._held[0] == "/" and DOMAIN.search(self._said.tail):
            self._is_in_path = True
        elif not is_end and HOST_PART.fullmatch(self._held):
            return False
        else:
            self._take(1, self._held[0])
        return True

    def _leave_path(self, is_end: bool) -> bool:
        path = PATH.match(self._held)
        end = path.end() if path else 0
        trailing = end - len(self._held[:end].rstrip(_TRAILING))
        self._is_in_path = end == len(self._held) and not is_end
        self._held = self._held[end - trailing :]
        return not self._is_in_path

    def _leave_link_target(self) -> bool:
        for bracket in re.finditer(r"[()\n]", self._held):
            char = bracket.group()
            self._link_depth = 0 if char == "\n" else self._link_depth + (1 if char == "(" else -1)
            if self._link_depth == 0:
                self._held = self._held[bracket.end() - (char == "\n") :]
                return True
        self._held = ""
        return True

    def _take(self, count: int, said: str) -> None:
        self._held = self._held[count:]
        self._said.add(said)

"""Lets the operator's own function change all words before they are kept."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

from loguru import logger

from bot.store.kept_session import KeptSession
from bot.store.redact_process import RedactProcess
from bot.store.session_rows import CallRow, SessionRow, TurnRow

NOT_KEPT = "[not kept]"
"""Instead of words that `redact` could not look at, or not in time."""

Row = TurnRow | CallRow
Rows = tuple[SessionRow, list[Row]]
_MOST_KNOWN = 200
"""Texts of batches before: those of the last turns, whose lines may still change."""
_Row = TypeVar("_Row", bound="SessionRow | TurnRow | CallRow")
_WORDS: dict[type[Any], tuple[str, ...]] = {
    SessionRow: ("question", "timers", "summary"),
    TurnRow: ("text", "memory"),
    CallRow: ("arguments", "result"),
}
_INSTEAD = {"question": "", "timers": "[]", "arguments": "{}", "result": NOT_KEPT}
"""Of what is kept as JSON."""
_SPOKEN = {"question": {"text"}, "timers": {"label", "text"}}
"""What in these is words: without ids, names and times nobody can go on. Of tools all may be."""


class _NotRedacted(ValueError):
    """`redact` has failed on a text."""


class Redactor:
    """Applies `redact(text) -> text`, in a process of its own.

    A turn that is not over is not kept: half a number is not known for one. Nor is what the
    function fails on, or does not change within a limit, which the log says once. Of a summary the
    one before stays: what it does not stand for is told turn by turn.

    Args:
        path: The operator's file.
    """

    def __init__(self, path: Path) -> None:
        self._process = RedactProcess(path, on_problem=self._warn)
        self._known = dict[str, str]()
        """What was changed last: lines are written again, and the session's own each time."""
        self._kept = dict[str, str]()
        """What another bot has kept stands as it is until it is looked at."""
        self._summary = ("", 0)
        """The last one whose words are known, and until where it tells."""
        self._has_warned = self._has_begun = False

    def go_on(self, kept: KeptSession) -> None:
        """Know what is kept of a session that was taken over: it is not lost before it is seen."""
        asked = [kept.question.text] if kept.question else []
        timers = [text for timer in kept.timers for text in (timer.label, timer.text)]
        self._kept = {text: text for text in (kept.summary, *asked, *timers)}
        self._summary = (kept.summary, kept.summary_until)

    async def redacted(self, session: SessionRow, rows: Sequence[Row]) -> Rows:
        """Return copies with other words; the first time once the function is loaded."""
        if not self._has_begun:
            await self._process.begin()
        self._has_begun = True
        texts = dict[str, str | None]()

        def collect(text: str) -> str:
            texts[text] = self._known.get(text)
            return text

        for row in (session, *_whole(rows)):
            _Words(collect).in_row(row)
        new = [text for text, words in texts.items() if words is None]
        texts |= await self._process.words_for(new)
        older = {text: words for text, words in self._known.items() if text not in texts}
        newer = {text: words for text, words in texts.items() if words is not None}
        self._known = dict([*older.items()][-_MOST_KNOWN:]) | newer
        return self.known(session, rows)

    def known(self, session: SessionRow, rows: Sequence[Row]) -> Rows:
        """Return copies with the words that were changed before, and none that are new."""
        words, texts = _Words(_looked_up(self._known)), self._kept | self._known
        if session.summary in texts:
            self._summary = (texts[session.summary], session.summary_until)
        summary, until = self._summary
        own = _Words(_looked_up(texts)).in_row(session)
        own = replace(own, summary=summary, summary_until=until)
        return own, [words.in_row(row) for row in _whole(rows)]

    async def redacted_text(self, text: str) -> str:
        """Return it with other words."""
        return _Words(_looked_up(await self._process.words_for([text]))).in_text(text)

    async def close(self) -> None:
        """End the process, whatever it does."""
        await self._process.close()

    def _warn(self, problem: str) -> None:
        if not self._has_warned:
            logger.error("REDACT_FILE: redact failed ({}); such words are not kept", problem)
        self._has_warned = True


def _whole(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if isinstance(row, CallRow) or row.is_finished]


def _looked_up(words: Mapping[str, str | None]) -> Callable[[str], str]:
    def change(text: str) -> str:
        if (changed := words.get(text)) is None:
            raise _NotRedacted
        return changed

    return change


class _Words:
    """Finds the words in what is kept, and changes them.

    Args:
        change: Changes a text; raises `_NotRedacted`.
    """

    def __init__(self, change: Callable[[str], str]) -> None:
        self._changed = change

    def in_row(self, row: _Row) -> _Row:
        """Return a copy with other words."""
        return replace(row, **{name: self._words(name, row) for name in _WORDS[type(row)]})

    def _words(self, name: str, row: object) -> str:
        text = getattr(row, name)
        if not text:
            return ""
        if name not in _INSTEAD:
            return self.in_text(text)
        try:
            value = self._value(json.loads(text), spoken=_SPOKEN.get(name))
        except (ValueError, RecursionError):
            # Half a question is none.
            return _INSTEAD[name]
        return json.dumps(value, ensure_ascii=False)

    def _value(self, value: Any, *, spoken: Collection[str] | None) -> Any:
        """Return a value of JSON with other words, and of the same form.

        Args:
            value: As it was read.
            spoken: The members of an object that are words; None: all, with their names.

        Raises:
            _NotRedacted: `redact` failed on a part of it.
        """
        if isinstance(value, dict):
            members = cast("dict[str, Any]", value).items()
            if spoken is not None:
                return {key: self._changed(one) if key in spoken else one for key, one in members}
            return {self._changed(key): self._value(one, spoken=None) for key, one in members}
        if isinstance(value, list):
            values = cast("list[Any]", value)
            if spoken is not None:
                return list(self._whole_ones(values, spoken=spoken))
            return [self._value(one, spoken=None) for one in values]
        if value is None or isinstance(value, bool):
            return value
        text = value if isinstance(value, str) else json.dumps(value)
        words = self._changed(text)
        return value if words == text else words

    def _whole_ones(self, values: Sequence[Any], *, spoken: Collection[str]) -> Iterator[Any]:
        """Yield those that all is known of: one that is not costs none of the others."""
        for one in values:
            with suppress(_NotRedacted):
                yield self._value(one, spoken=spoken)

    def in_text(self, text: str) -> str:
        """Return other words, or what stands for those that are not kept."""
        try:
            return self._changed(text)
        except _NotRedacted:
            return NOT_KEPT


@asynccontextmanager
async def open_redactor(path: Path | None) -> AsyncGenerator[Redactor | None]:
    """Return what applies the function of a file while the block runs; None if none is set."""
    if path is None:
        yield None
        return
    redactor = Redactor(path)
    try:
        yield redactor
    finally:
        await redactor.close()

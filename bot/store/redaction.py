"""Lets the operator's own function change all words before they are kept."""

from __future__ import annotations

import asyncio
import json
import runpy
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

from loguru import logger

from bot.errors import SettingsError
from bot.store.session_rows import CallRow, SessionRow, TurnRow

NOT_KEPT = "[not kept]"
"""Instead of words that `redact` could not look at."""

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
    """Applies `redact(text) -> text`, in a thread.

    A turn that is not over is not kept: half a number is not known for one.

    Args:
        redact: The operator's function. One that fails keeps nothing of what it was given.
    """

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact
        self._has_warned = False

    async def redacted(
        self, session: SessionRow, rows: Sequence[TurnRow | CallRow]
    ) -> tuple[SessionRow, list[TurnRow | CallRow]]:
        """Return copies with other words."""
        whole = [row for row in rows if isinstance(row, CallRow) or row.is_finished]
        return await asyncio.to_thread(self._all, session, whole)

    async def redacted_text(self, text: str) -> str:
        """Return it with other words."""
        return await asyncio.to_thread(self._text, text)

    def _all(
        self, session: SessionRow, rows: Sequence[TurnRow | CallRow]
    ) -> tuple[SessionRow, list[TurnRow | CallRow]]:
        return self._one(session), [self._one(row) for row in rows]

    def _one(self, row: _Row) -> _Row:
        return replace(row, **{name: self._words(name, row) for name in _WORDS[type(row)]})

    def _words(self, name: str, row: object) -> str:
        text = getattr(row, name)
        if not text:
            return ""
        if name not in _INSTEAD:
            return self._text(text)
        try:
            value = self._value(json.loads(text), spoken=_SPOKEN.get(name))
        except (ValueError, RecursionError):
            # Of what failed no part is kept: half a question is none.
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
            return [self._value(one, spoken=spoken) for one in cast("list[Any]", value)]
        if value is None or isinstance(value, bool):
            return value
        text = value if isinstance(value, str) else json.dumps(value)
        words = self._changed(text)
        return value if words == text else words

    def _text(self, text: str) -> str:
        try:
            return self._changed(text)
        except _NotRedacted:
            return NOT_KEPT

    def _changed(self, text: str) -> str:
        try:
            words = self._redact(text)
            if isinstance(words, str):  # pyright: ignore[reportUnnecessaryIsInstance]
                return words
            problem = "it returned no text"
        except Exception as error:  # noqa: BLE001 - it is the operator's code
            # Only the type: the message may hold what was said.
            problem = type(error).__name__
        if not self._has_warned:
            logger.error("REDACT_FILE: redact failed ({}); such words are not kept", problem)
        self._has_warned = True
        raise _NotRedacted


def load_redactor(path: Path | None) -> Redactor | None:
    """Return what REDACT_FILE names; None if nothing is set.

    Raises:
        SettingsError: code "bad_settings": the file has no function `redact`, or cannot be run.
    """
    if path is None:
        return None
    try:
        redact = runpy.run_path(str(path)).get("redact")
    except Exception as error:
        message = f"REDACT_FILE: {path} cannot be run ({type(error).__name__})"
        raise SettingsError("bad_settings", message) from error
    if not callable(redact):
        raise SettingsError("bad_settings", f"REDACT_FILE: {path} has no function redact(text)")
    return Redactor(cast("Callable[[str], str]", redact))

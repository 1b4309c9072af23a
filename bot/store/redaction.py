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
_INSTEAD = {"question": "", "timers": "[]", "arguments": "{}", "result": ""}
"""Of what is JSON, if it cannot be read."""
_SPOKEN = {"question": {"text"}, "timers": {"label", "text"}}
"""What in these is words; the rest is ids, names and times, without which nobody can go on."""


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
        return await asyncio.to_thread(self._changed, text, NOT_KEPT)

    def _all(
        self, session: SessionRow, rows: Sequence[TurnRow | CallRow]
    ) -> tuple[SessionRow, list[TurnRow | CallRow]]:
        return self._one(session), [self._one(row) for row in rows]

    def _one(self, row: _Row) -> _Row:
        return replace(row, **{name: self._words(name, row) for name in _WORDS[type(row)]})

    def _words(self, name: str, row: object) -> str:
        text = getattr(row, name)
        if not text or name not in _INSTEAD:
            return self._changed(text, NOT_KEPT) if text else ""
        try:
            value = json.loads(text)
        except ValueError:
            return _INSTEAD[name]
        return json.dumps(self._leaves(value, _SPOKEN.get(name)), ensure_ascii=False)

    def _leaves(self, value: Any, spoken: Collection[str] | None) -> Any:
        """Return it with other words, and its form; numbers of tools are words that were said."""
        match value:
            case dict():
                items = cast("dict[str, Any]", value).items()
                return {
                    key: self._leaves(one, None) if spoken is None or key in spoken else one
                    for key, one in items
                }
            case list():
                return [self._leaves(one, spoken) for one in cast("list[Any]", value)]
            case bool() | None:
                return value
            case int() | float():
                words = self._changed(str(value), NOT_KEPT)
                return value if words == str(value) else words
            case _:
                return self._changed(value, NOT_KEPT)

    def _changed(self, text: str, instead: str) -> str:
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
        return instead


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

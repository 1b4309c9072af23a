"""Turns the bytes of a streamed answer into its events, whatever way the server writes them.

Made for answers whose events are one JSON value each, so it may be more tolerant than the standard
of server-sent events, and quicker: a value is complete when it parses, not at the empty line.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import cast

from ..provider_requests import REQUEST_ERRORS, EmptyAnswerError

DONE = "[DONE]"
"""The event with which a stream says that it is complete."""

MAX_LINE_BYTES = 8_000_000
"""More is no reply in words; without a limit a server could fill the memory."""

DRAIN_SECS = 0.1
"""For the rest of a body after its end was announced: only then is the connection used again."""

_BOM = b"\xef\xbb\xbf"


class EventStream:
    """Fed with bytes, it returns the values that are complete: parsed JSON, or `DONE`.

    Comments, ids, pings and what is not JSON are left out. An answer that is no event stream but
    plain JSON, one value or one on each line, is read as if each value were an event.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._is_at_start = True
        self._skips_newline = False
        self._value = ""
        self._is_plain = False
        self._is_error = False

    def feed(self, data: bytes) -> Iterator[object]:
        """Yield the events that end within these bytes.

        Raises:
            EmptyAnswerError: The bytes are a web page, or a value that is not JSON.
        """
        if self._skips_newline and data.startswith(b"\n"):
            data = data[1:]
        self._skips_newline = False
        self._rest += data
        if len(self._rest) > MAX_LINE_BYTES:
            raise EmptyAnswerError("an answer without end")
        lines = bytes(self._rest).splitlines(keepends=True)
        self._rest.clear()
        if lines and not lines[-1].endswith((b"\n", b"\r")):
            self._rest += lines.pop()
        elif lines:
            self._skips_newline = lines[-1].endswith(b"\r")
        for line in lines:
            yield from self._line(line)

    def finish(self) -> Iterator[object]:
        """Yield what the end of the bytes completes; the last line may lack its end."""
        line = bytes(self._rest)
        self._rest.clear()
        yield from self._line(line)
        yield from self._end_value()

    def _line(self, raw: bytes) -> Iterator[object]:
        if self._is_at_start:
            raw = raw.removeprefix(_BOM)
            if not raw.strip():
                return
            self._is_at_start = False
            self._is_plain = raw.lstrip().startswith((b"{", b"["))
            if raw.lstrip().startswith(b"<"):
                raise EmptyAnswerError("a web page instead of an answer")
        line = raw.decode(errors="replace").strip()
        if self._is_plain:
            yield from self._add(line)
            return
        field, _, rest = line.partition(":")
        if field == "data":
            yield from self._add(rest.strip())
        elif field == "event":
            self._is_error = rest.strip() == "error"
        elif field == "error" and rest.strip():
            # A field of its own in which some servers put what others put into the data.
            yield {"error": _parsed(rest.strip()) or rest.strip()}
        elif not line:
            yield from self._end_value()
            self._is_error = False
        elif self._value and field not in ("id", "retry", ""):
            # A value over several lines of which only the first is marked.
            yield from self._add(line)

    def _add(self, text: str) -> Iterator[object]:
        """Take a line of a value; it is the value, if it is one."""
        if text.startswith(DONE):
            yield from self._end_value()
            yield DONE
            return
        value = None if self._value else _parsed(text)
        if value is not None:
            yield from self._named(value)
        elif self._is_error and not self._value:
            yield from self._named(text)
        elif self._value or text.startswith(("{", "[")):
            self._value = f"{self._value}\n{text}"

    def _end_value(self) -> Iterator[object]:
        """Yield what the lines so far are together."""
        text, self._value = self._value.strip(), ""
        value = _parsed(text)
        if value is not None:
            yield from self._named(value)
        elif text.startswith("{"):
            raise EmptyAnswerError("an answer that is not JSON")

    def _named(self, value: object) -> Iterator[object]:
        """Yield the value, or each of a list, as what the event's name says that it is."""
        for one in cast("list[object]", value) if isinstance(value, list) else [value]:
            is_said = isinstance(one, dict) and one.get("error")
            yield {"error": one} if self._is_error and not is_said else one


async def drain(rest: AsyncIterator[object]) -> None:
    """Read what follows the end of a reply, if it comes at once."""
    with suppress(*REQUEST_ERRORS):
        async with asyncio.timeout(DRAIN_SECS):
            async for _ in rest:
                pass


def _parsed(text: str) -> object:
    """Return a JSON object or list, None for anything else: words, a number, half a value."""
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None

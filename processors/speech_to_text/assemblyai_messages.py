"""What goes over AssemblyAI's wire, in both directions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from typing_extensions import override
from websockets.asyncio.client import ClientConnection

from .live_socket import LiveSocket
from .results import Complaint, Result, fields_of, number_of

LEAST_SECS, MOST_SECS = 0.05, 1.0
"""A session that is sent less in one message, or more, is ended (error 3007)."""

_REFUSED = 1008
"""The key, or the account, which it looks at behind the handshake only."""
_PASSES = re.compile("too many|concurren|limit", re.IGNORECASE)
"""It has used that code for sessions at a time too, each of them "unauthorized"."""


class AssemblyAISocket(LiveSocket):
    """What AssemblyAI calls things; it takes audio in pieces of 50 to 1000 ms only."""

    FINALIZE = '{"type":"ForceEndpoint"}'
    CLOSE = '{"type":"Terminate"}'

    def __init__(self, connection: ClientConnection, *, sample_rate_hz: int) -> None:
        self._least_bytes = 2 * int(LEAST_SECS * sample_rate_hz)
        self._most_bytes = 2 * int(MOST_SECS * sample_rate_hz)
        super().__init__(connection, message_bytes=self._most_bytes)
        self._rest = b""

    @override
    async def send_media(self, audio: bytes) -> None:
        """Send audio as soon as there is enough of it."""
        self._rest += audio
        if len(self._rest) >= self._least_bytes:
            whole, self._rest = self._cut(self._rest)
            await super().send_media(whole)

    @override
    async def send_finalize(self) -> None:
        """Send what is left, and ask for the final transcript."""
        rest, self._rest = self._rest, b""
        if rest:
            await super().send_media(rest.ljust(self._least_bytes, b"\0"))
        await super().send_finalize()

    def _cut(self, audio: bytes) -> tuple[bytes, bytes]:
        """Split audio so that no piece of a second leaves a rest that is too short to be sent."""
        rest = len(audio) % self._most_bytes
        at = len(audio) - rest if 0 < rest < self._least_bytes else len(audio)
        return audio[:at], audio[at:]


class UnformattedTurns:
    """Knows the turn whose formatted text is still to come; some servers never send it."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Another connection, which is given what the last one left open."""
        self._order: object = None
        self._ended: Result | None = None

    def missed(self, raw: str | bytes) -> Result | None:
        """Return the end of a turn if a message is of another one: nothing more of it follows."""
        fields = fields_of(raw) or {}
        if fields.get("type") != "Turn":
            return None
        result, order, ended = _turn(fields), fields.get("turn_order"), self._ended
        is_another = order != self._order or _is_behind(result, ended)
        is_end, self._order = fields.get("end_of_turn") is True, order
        if is_end or is_another:
            is_raw = is_end and not result.is_final
            self._ended = replace(result, is_final=True, is_from_finalize=None) if is_raw else None
        return ended if is_another else None


def _is_behind(result: Result, ended: Result | None) -> bool:
    if ended is None or ended.span_secs is None or result.span_secs is None:
        return False
    return result.span_secs[0] >= ended.span_secs[1]


def read_message(raw: str | bytes) -> Result | Complaint | None:
    """Read a message; None for one that says nothing about words."""
    fields = fields_of(raw)
    if fields is None:
        return Complaint("unreadable message")
    if fields.get("type") == "Error" or "error" in fields:
        code = fields.get("error_code")
        is_refusal = code == _REFUSED and not _PASSES.search(str(fields.get("error")))
        return Complaint(str(code) if isinstance(code, int) else "no code", is_refusal)
    if fields.get("type") != "Turn":
        return None
    return _turn(fields)


def _turn(fields: Mapping[str, Any]) -> Result:
    """Read a turn; its end comes twice, and only then with capitals and full stops."""
    # Another server may know nothing of formats; then nothing follows the end.
    is_final = fields.get("end_of_turn") is True and fields.get("turn_is_formatted", True) is True
    words = [word for word in _list(fields.get("words")) if isinstance(word, Mapping)]
    text = fields.get("transcript")
    text = text.strip() if isinstance(text, str) else ""
    if not is_final:
        # The transcript holds only the words that will not change.
        heard = " ".join(str(word["text"]) for word in words if isinstance(word.get("text"), str))
        text = max(text, heard, key=len)
    return Result(text, is_final, None if is_final else False, _span_secs(words))


def _span_secs(words: list[Mapping[str, Any]]) -> tuple[float, float] | None:
    if not words:
        return None
    start_ms, end_ms = number_of(words[0].get("start")), number_of(words[-1].get("end"))
    if start_ms is None or end_ms is None:
        return None
    return start_ms / 1000, end_ms / 1000


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []

"""Questions over a websocket: a handshake with the key, a few messages, the answer to them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bot.stages.questions.question import NoWord, Refusal
from bot.stages.stage import Stage
from processors.tls import shared_tls_context

_WEB_SCHEMES = {"http": "ws", "https": "wss"}
# What vendors close with: 1008 and 40xx by RFC 6455 and HTTP's own numbers.
_STATUS_OF_CLOSE = {1008: 401, 4001: 401, 4003: 403, 4004: 404, 4029: 429}


@dataclass(frozen=True, kw_only=True)
class Talk:
    """What is said to a server and what it is to answer."""

    path: str
    """Comes after the stage's address."""
    headers: Mapping[str, str]
    """The key is in them."""
    messages: Sequence[bytes | Mapping[str, Any]]
    """Sent at once."""
    is_answer: Callable[[Any], bool]
    """Whether a message is the answer: bytes, or the fields of a JSON object."""
    query: Mapping[str, str] = field(default_factory=dict[str, str])


async def ask_socket(stage: Stage, talk: Talk, *, limit_secs: float) -> None:
    """Connect, send, and wait for the answer.

    Args:
        stage: Whom.
        talk: What is said.
        limit_secs: For the handshake, and again for the answer.

    Raises:
        Refusal, NoWord: the handshake is refused; an error comes instead.
    """
    query = f"?{urlencode(talk.query)}" if talk.query else ""
    url = f"{_socket_address(stage.address)}{talk.path}{query}"
    try:
        async with (
            asyncio.timeout(limit_secs) as limit,
            connect(
                url,
                additional_headers=dict(talk.headers),
                ssl=shared_tls_context() if url.startswith("wss:") else None,
                open_timeout=None,
                close_timeout=1.0,
            ) as socket,
        ):
            limit.reschedule(asyncio.get_running_loop().time() + limit_secs)
            for message in talk.messages:
                is_audio = isinstance(message, bytes)
                await socket.send(message if is_audio else _compact(message))
            async for raw in socket:
                message = raw if isinstance(raw, bytes) else fields_of(raw)
                if talk.is_answer(message):
                    return
                if not isinstance(message, bytes):
                    _check_error(message)
    except InvalidStatus as error:
        raise Refusal(error.response.status_code) from error
    except ConnectionClosed as error:
        code = error.rcvd.code if error.rcvd else 0
        if code in _STATUS_OF_CLOSE:
            raise Refusal(_STATUS_OF_CLOSE[code], str(code)) from error
        raise NoWord from error
    raise NoWord


def fields_of(raw: str) -> dict[str, Any]:
    """Return the fields of a JSON object; none if it is something else."""
    try:
        message: Any = json.loads(raw)
    except ValueError:
        return {}
    return cast("dict[str, Any]", message) if isinstance(message, dict) else {}


def _compact(message: Mapping[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"))


def _check_error(message: Mapping[str, Any]) -> None:
    kind = str(message.get("type", "")).lower()
    if kind != "error" and not message.get("error"):
        return
    number = message.get("status_code") or message.get("error_code") or message.get("code")
    status = _STATUS_OF_CLOSE.get(number, number) if isinstance(number, int) else None
    if status is not None and 400 <= status < 600:
        raise Refusal(status, str(number))
    raise NoWord


def _socket_address(address: str) -> str:
    scheme, _, rest = address.partition("://")
    return f"{_WEB_SCHEMES.get(scheme, scheme)}://{rest}"

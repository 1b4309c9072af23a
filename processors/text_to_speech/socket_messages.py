"""What a voice's server writes on its socket, as far as Pipecat's services can read it.

They take each message for one of those they know: for any other they leave the connection, and the
sentence with it.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, TypeGuard, cast

from websockets.asyncio.client import ClientConnection

CLOSE_SECS = 0.1
"""After a message of a failure: some servers close then, and say no more of it before that. Their
word comes right behind the message, the end of the connection a way there and back later."""

Fields = dict[str, Any]
"""Of a message."""


class FailedSpeechError(Exception):
    """The server has said what failed, and closed the connection."""


class SocketMessages:
    """Stands before a connection; owned by the voice.

    Args:
        socket: The connection.
        text_of: Returns the text being made that an id means, or None stands for; None for none.
        read: Given that text's id and a message; returns it the way Pipecat reads it, in as many as
            that takes; none to leave it out.
        fail: Given what a message says of a failure.
    """

    def __init__(
        self,
        socket: ClientConnection,
        *,
        text_of: Callable[[str | None], str | None],
        read: Callable[[str, Fields], Iterable[Fields]],
        fail: Callable[[str], Awaitable[None]],
    ) -> None:
        self._socket = socket
        self._text_of = text_of
        self._read = read
        self._fail = fail

    async def send(self, message: str) -> None:
        """Send a message as it is."""
        await self._socket.send(message)

    async def __aiter__(self) -> AsyncGenerator[str]:
        """Yield the messages until the connection ends.

        Raises:
            FailedSpeechError: It ended with a failure that was told before.
        """
        async for raw in self._socket:
            fields = _fields_of(raw)
            said_id = fields.get("context_id") or fields.get("contextId")
            said_id = said_id if isinstance(said_id, str) else None
            context_id = self._text_of(said_id)
            if context_id is None:
                continue
            if fields.get("error") or fields.get("type") == "error":
                await self._await_close(f"Error: {fields}")
                # Another text may be under way by now.
                if self._text_of(said_id) == context_id:
                    await self._fail(f"Error: {fields}")
                continue
            for message in self._read(context_id, fields):
                yield json.dumps(message)

    async def _await_close(self, failure: str) -> None:
        """Wait for the end of the connection that a failure may bring, which is none of its own.

        Raises:
            FailedSpeechError: It ends.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECS):
                await self._socket.wait_closed()
            raise FailedSpeechError(f"{failure} {self._socket.close_reason}")
        if close := self._socket.protocol.close_rcvd:
            raise FailedSpeechError(f"{failure} {close.reason}")


def is_audio(told: object) -> bool:
    """Return True for what can be decoded from base64."""
    if not isinstance(told, str):
        return False
    with suppress(ValueError):
        base64.b64decode(told)
        return True
    return False


def are_times(texts: object, *times: object) -> bool:
    """Return True for a list of words or letters, and lists as long of their times.

    Args:
        texts: The words or letters.
        times: When each begins, or how long it takes.
    """
    if not _is_list_of(texts, str):
        return False
    return all(_is_list_of(each, int | float) and len(each) == len(texts) for each in times)


def _is_list_of(value: object, kind: Any) -> TypeGuard[list[Any]]:
    if not isinstance(value, list):
        return False
    return all(isinstance(each, kind) for each in cast("list[object]", value))


def _fields_of(raw: str | bytes) -> Fields:
    """Return the fields of a message; none if it is no JSON object."""
    try:
        message: object = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return cast(Fields, message) if isinstance(message, dict) else {}

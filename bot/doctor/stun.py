"""STUN (RFC 8489) as far as it takes to ask for an answer: of ICE, and of a TURN server.

Who answers is there: nothing is sent through.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import struct
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from typing_extensions import override

BINDING, ALLOCATE = 0x0001, 0x0003
USERNAME, REALM, NONCE = 0x0006, 0x0014, 0x0015
PRIORITY, REQUESTED_TRANSPORT = 0x0024, 0x0019
ICE_CONTROLLED = 0x8029
_INTEGRITY, _ERROR_CODE, _FINGERPRINT = 0x0008, 0x0009, 0x8028

_COOKIE = 0x2112A442
_SUCCESS, _ERROR = 0x0100, 0x0110
_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_FINGERPRINT_MASK = 0x5354554E
_AGAIN_SECS = 0.5
"""UDP loses packets: the first repetition of RFC 8489, and all of ours."""

Ask: TypeAlias = Callable[[bytes], Awaitable["Answer"]]
"""Sends a request until its answer comes. It never ends by itself if none does."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    is_success: bool
    code: int = 0
    """Of an error."""
    attributes: Mapping[int, bytes]


def build_request(
    method: int, attributes: Mapping[int, bytes], *, key: bytes | None = None
) -> bytes:
    """Return a request.

    Args:
        method: BINDING or ALLOCATE.
        attributes: By type.
        key: Signs it; None: it is not signed.
    """
    transaction = secrets.token_bytes(12)
    body = b"".join(_packed(kind, value) for kind, value in attributes.items())
    if key is not None:
        # The length that is signed counts the signature itself (24 bytes), as with the check sum.
        head = _HEADER.pack(method, len(body) + 24, _COOKIE, transaction)
        body += _packed(_INTEGRITY, hmac.digest(key, head + body, "sha1"))
    head = _HEADER.pack(method, len(body) + 8, _COOKIE, transaction)
    mark = (zlib.crc32(head + body) ^ _FINGERPRINT_MASK).to_bytes(4, "big")
    return head + body + _packed(_FINGERPRINT, mark)


def answer_to(request: bytes, data: bytes) -> Answer | None:
    """Return what `data` says to a request; None if it is no answer to it."""
    if len(data) < _HEADER.size:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(data)
    method, _, _, asked = _HEADER.unpack_from(request)
    is_whole = len(data) >= _HEADER.size + length
    if (cookie, transaction) != (_COOKIE, asked) or not is_whole:
        return None
    if kind not in (method | _SUCCESS, method | _ERROR):
        return None
    attributes = _unpacked(data[_HEADER.size : _HEADER.size + length])
    error = attributes.get(_ERROR_CODE, b"")
    code = error[2] * 100 + error[3] if len(error) >= 4 else 0
    is_success = kind == method | _SUCCESS
    return Answer(is_success=is_success, code=code, attributes=attributes)


def long_term_key(username: str, realm: bytes, password: str) -> bytes:
    """Return what signs requests to a TURN server (RFC 8489, 9.2.2)."""
    together = username.encode() + b":" + realm + b":" + password.encode()
    return hashlib.md5(together, usedforsecurity=False).digest()


async def ask_by_udp(address: str, port: int, request: bytes) -> Answer:
    """Send a request until there is an answer.

    Raises:
        OSError: the network says that it does not get there.
    """
    loop = asyncio.get_running_loop()
    heard: asyncio.Future[Answer] = loop.create_future()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Listener(request, heard), remote_addr=(address, port)
    )
    try:
        while not heard.done():
            transport.sendto(request)
            await asyncio.wait({heard}, timeout=_AGAIN_SECS)
        return heard.result()
    finally:
        transport.close()
        heard.cancel()


async def ask_by_stream(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    request: bytes,
    *,
    is_framed: bool = False,
) -> Answer:
    """Send a request once and return its answer.

    Args:
        reader: Of the connection.
        writer: Of the connection.
        request: What is asked.
        is_framed: Each message has its length before it: ICE over TCP (RFC 4571).

    Raises:
        OSError: the connection ends, or something else comes.
    """
    writer.write(len(request).to_bytes(2, "big") + request if is_framed else request)
    await writer.drain()
    try:
        if is_framed:
            data = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
        else:
            data = await reader.readexactly(_HEADER.size)
            data += await reader.readexactly(_HEADER.unpack(data)[1])
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError("the connection was closed") from error
    answer = answer_to(request, data)
    if answer is None:
        raise OSError("something else came")
    return answer


class _Listener(asyncio.DatagramProtocol):
    """Waits for one answer; what else comes is not for it."""

    def __init__(self, request: bytes, heard: asyncio.Future[Answer]) -> None:
        self._request = request
        self._heard = heard

    @override
    def datagram_received(self, data: bytes, addr: object) -> None:
        answer = answer_to(self._request, data)
        if answer is not None and not self._heard.done():
            self._heard.set_result(answer)

    @override
    def error_received(self, exc: Exception) -> None:
        if not self._heard.done():
            self._heard.set_exception(exc)


def _packed(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(kind, len(value)) + value + bytes(-len(value) % 4)


def _unpacked(body: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while len(body) >= _ATTRIBUTE.size:
        kind, length = _ATTRIBUTE.unpack_from(body)
        end = _ATTRIBUTE.size + length
        found.setdefault(kind, body[_ATTRIBUTE.size : end])
        body = body[end + -length % 4 :]
    return found

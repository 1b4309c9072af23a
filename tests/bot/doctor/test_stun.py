"""Answers of STUN, and what only looks like one."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from bot.doctor import stun
from tests.bot.doctor.servers import answers, open_server


@pytest.mark.parametrize(
    "data",
    [b"", bytes(19), bytes(20), b"\x01\x01\xff\xff" + bytes(16), b"HTTP/1.1 400 Bad Request\r\n"],
)
def test_what_is_no_answer_is_taken_for_none(data: bytes) -> None:
    request = stun.build_request(stun.BINDING, {})
    assert stun.answer_to(request, data) is None
    assert stun.answer_to(request, request) is None


def test_an_answer_is_read_whatever_is_in_it() -> None:
    request = stun.build_request(stun.BINDING, {})
    for body in (b"", b"\x00", b"\x00\x09\x00\x01\x04\x00\x00\x00", b"\x00\x09\xff\xff"):
        head = b"\x01\x11" + len(body).to_bytes(2, "big") + request[4:20]
        answer = stun.answer_to(request, head + body)
        assert answer is not None
        assert (answer.is_success, answer.code) == (False, 0)


async def test_a_stream_that_says_something_else_is_no_answer() -> None:
    request = stun.build_request(stun.BINDING, {})
    async with open_server(answers(400, "no")) as place:
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
        writer.write(b"\r\n\r\n")
        ask = partial(stun.ask_by_stream, reader, writer)
        with pytest.raises(OSError):
            await ask(request)
        writer.close()
        await writer.wait_closed()

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any

from openai.types.chat import ChatCompletionChunk

from tests.tools.sample_tools import look_up, put_down
from tests.tools.talk import open_talk, words
from tools.whole_calls import WholeCalls


def _piece(index: int, call_id: str | None, name: str | None, arguments: str) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"index": index, "id": call_id, "type": "function", "function": function}


def _chunk(**delta: Any) -> ChatCompletionChunk:
    return ChatCompletionChunk.model_validate(
        {
            "id": "c",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
        }
    )


class _Stream:
    def __init__(self, chunks: Sequence[ChatCompletionChunk]) -> None:
        self._chunks = chunks
        self.is_closed = False

    async def __aiter__(self) -> AsyncGenerator[ChatCompletionChunk]:
        for chunk in self._chunks:
            yield chunk

    async def close(self) -> None:
        self.is_closed = True


async def _read(
    *chunks: ChatCompletionChunk, used_ids: set[str] | None = None
) -> tuple[str, list[tuple[int, str | None, str | None, str | None]]]:
    """Return the text and the calls as Pipecat reads them: the first of each chunk."""
    text = ""
    calls: list[tuple[int, str | None, str | None, str | None]] = []
    stream = WholeCalls(_Stream(chunks), used_ids=set() if used_ids is None else used_ids)
    async for chunk in stream:
        delta = chunk.choices[0].delta
        text += delta.content or ""
        for call in (delta.tool_calls or [])[:1]:
            assert call.function
            calls.append((call.index, call.id, call.function.name, call.function.arguments))
    return text, calls


async def test_pieces_are_joined() -> None:
    _, calls = await _read(
        _chunk(tool_calls=[_piece(0, "a", "look_up", '{"num')]),
        _chunk(tool_calls=[_piece(0, None, None, 'ber": 1}')]),
        _chunk(tool_calls=[_piece(1, "b", "put_down", "{}")]),
    )
    assert calls == [(0, "a", "look_up", '{"number": 1}'), (1, "b", "put_down", "{}")]


async def test_calls_of_one_chunk_and_of_one_index_are_told_apart() -> None:
    both = [_piece(0, "a", "look_up", "{}"), _piece(1, "b", "put_down", "{}")]
    _, calls = await _read(_chunk(tool_calls=both))
    assert [call[2] for call in calls] == ["look_up", "put_down"]
    same = [_piece(0, "a", "look_up", "{}"), _piece(0, "b", "put_down", "{}")]
    _, calls = await _read(_chunk(tool_calls=same))
    assert [call[:3] for call in calls] == [(0, "a", "look_up"), (1, "b", "put_down")]


async def test_every_call_has_an_id_of_its_own() -> None:
    used = {"a"}
    pieces = [_piece(0, "a", "look_up", "{}"), _piece(1, "", "look_up", "{}")]
    _, calls = await _read(_chunk(tool_calls=pieces), used_ids=used)
    ids = [call[1] for call in calls]
    assert all(ids) and len({*ids, "a"}) == 3
    assert {*ids} <= used


async def test_text_stays_where_it_was() -> None:
    text, calls = await _read(
        _chunk(content="Let me "), _chunk(content="see.", tool_calls=[_piece(0, "a", "f", "{}")])
    )
    assert text == "Let me see."
    assert len(calls) == 1


async def test_closing_closes_the_reply() -> None:
    inner = _Stream([])
    await WholeCalls(inner, used_ids=set()).close()
    assert inner.is_closed


async def test_a_server_that_sends_all_calls_in_one_chunk_gets_all_of_them_run() -> None:
    async with open_talk([look_up, put_down]) as talk:
        both = [
            _piece(0, "", "look_up", '{"number": 1}'),
            _piece(1, "", "put_down", '{"number": 2}'),
        ]
        talk.model_says([{"tool_calls": both}], words("Both are done."))
        await talk.caller_says("Both, please.")
        await talk.until_spoken("Both are done.")
        done = [message for message in talk.messages if message["role"] == "tool"]
        assert len(done) == 2
        assert all('"ok"' in message["content"] for message in done)

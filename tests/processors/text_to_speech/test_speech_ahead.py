from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

import pytest

from processors.provider_requests import EmptyAnswerError
from processors.text_to_speech.speech_ahead import MAX_PIECES, SpeechAhead


class Voice:
    """Makes speech when the test lets it, and runs the tasks."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.cancelled: list[str] = []
        self.go = asyncio.Event()
        self.ahead = SpeechAhead(
            speak=self.speak, owner=self, is_free=lambda frame: frame == b"there"
        )
        self.tasks: set[asyncio.Task[None]] = set()

    def create_task(self, coroutine: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(coroutine, name=name)
        self.tasks.add(task)
        return task

    async def cancel_task(self, task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def speak(self, text: str, is_first: bool) -> AsyncGenerator[bytes]:
        self.begun.append(text)
        if text == "kept":
            yield b"there"
            return
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled.append(text)
            raise
        if text == "broken":
            raise EmptyAnswerError("no audio")
        if text == "odd":
            yield b"o"
            raise UnicodeEncodeError("utf-8", "", 0, 1, "surrogates not allowed")
        yield text.encode()

    async def take(self, text: str) -> bytes:
        speech = self.ahead.take(text)
        assert speech is not None
        return b"".join([frame async for frame in speech])


async def turn_of_the_loop() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_prepared_speech_is_there_when_it_is_taken() -> None:
    voice = Voice()
    voice.go.set()
    voice.ahead.prepare("Sure,", is_first=True)
    await turn_of_the_loop()
    assert voice.begun == ["Sure,"]
    assert await voice.take("Sure,") == b"Sure,"
    assert voice.begun == ["Sure,"]


async def test_speech_that_was_not_prepared_is_not_there() -> None:
    assert Voice().ahead.take("Sure,") is None


@pytest.mark.promise(
    "Text-to-speech",
    "While a reply that begins with what was kept may be withdrawn, its second piece is made, and "
    "no more.",
)
async def test_behind_a_piece_that_costs_nothing_the_next_one_begins() -> None:
    voice = Voice()
    voice.ahead.prepare("kept", is_first=True)
    await turn_of_the_loop()
    for text in ("two", "three", "four"):
        voice.ahead.prepare(text, is_first=False)
    await turn_of_the_loop()
    assert voice.begun == ["kept", "two"]
    assert await voice.take("kept") == b"there"
    await turn_of_the_loop()
    assert voice.begun == ["kept", "two", "three"]
    await voice.ahead.drop()
    assert voice.cancelled == ["two", "three"]


async def test_later_pieces_begin_when_the_first_one_is_spoken() -> None:
    voice = Voice()
    voice.ahead.prepare("one", is_first=True)
    voice.ahead.prepare("two", is_first=False)
    voice.ahead.prepare("three", is_first=False)
    await turn_of_the_loop()
    assert voice.begun == ["one"]
    taken = asyncio.create_task(voice.take("one"))
    await turn_of_the_loop()
    assert voice.begun == ["one", "two"]
    voice.go.set()
    assert await taken == b"one"
    await turn_of_the_loop()
    assert voice.begun == ["one", "two", "three"]
    assert await voice.take("two") == b"two"
    assert await voice.take("three") == b"three"


@pytest.mark.promise(
    "Text-to-speech", "Of an answer that is withdrawn no more than one piece has been made."
)
async def test_of_each_reply_only_the_first_piece_is_made_before_it_is_spoken() -> None:
    voice = Voice()
    voice.go.set()
    for reply in ("one", "other"):
        voice.ahead.prepare(reply, is_first=True)
        voice.ahead.prepare(f"{reply}, later", is_first=False)
        await turn_of_the_loop()
        assert voice.begun[-1] == reply
        assert await voice.take(reply) == reply.encode()
        await turn_of_the_loop()
        assert await voice.take(f"{reply}, later") == f"{reply}, later".encode()


async def test_dropped_speech_stops_its_request() -> None:
    voice = Voice()
    voice.ahead.prepare("one", is_first=True)
    voice.ahead.prepare("two", is_first=False)
    await turn_of_the_loop()
    await voice.ahead.drop()
    assert voice.cancelled == ["one"]
    assert voice.ahead.take("two") is None


async def test_a_speaker_who_stops_listening_stops_the_request() -> None:
    voice = Voice()
    voice.ahead.prepare("one", is_first=True)
    taken = asyncio.create_task(voice.take("one"))
    await turn_of_the_loop()
    taken.cancel()
    await asyncio.gather(taken, return_exceptions=True)
    assert voice.cancelled == ["one"]


async def test_a_failure_is_raised_where_the_speech_is_taken() -> None:
    voice = Voice()
    voice.go.set()
    voice.ahead.prepare("broken", is_first=True)
    with pytest.raises(EmptyAnswerError):
        await voice.take("broken")


async def test_a_failure_of_any_other_kind_is_not_taken_for_the_end_of_the_speech() -> None:
    voice = Voice()
    voice.go.set()
    voice.ahead.prepare("odd", is_first=True)
    with pytest.raises(UnicodeEncodeError):
        await voice.take("odd")


async def test_speech_that_is_cancelled_is_not_taken_for_whole() -> None:
    voice = Voice()
    voice.ahead.prepare("one", is_first=True)
    taken = asyncio.create_task(voice.take("one"))
    await turn_of_the_loop()
    for task in [*voice.tasks]:
        task.cancel()
    with pytest.raises(EmptyAnswerError):
        await taken


async def test_the_memory_is_bounded() -> None:
    voice = Voice()
    for number in range(MAX_PIECES + 1):
        voice.ahead.prepare(f"{number}", is_first=False)
    assert voice.ahead.take(f"{MAX_PIECES}") is None
    assert voice.begun == []

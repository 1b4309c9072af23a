from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import numpy as np
import pytest
from typing_extensions import override

from bench.voice import spoken
from processors.moonshine import NOTHING_HEARD, Moonshine, Transcript
from processors.turns.draft import (
    GUESS_SECS,
    MOST_SECS,
    PRE_SPEECH_SECS,
    DraftRecogniser,
    load,
)
from tests.waiting import until

WINDOW = b"\x01\x00" * 512
WINDOW_SECS = 0.032


class ScriptedModel(Moonshine):
    """Reads nothing; may hang until it is cancelled, take its time, or fail."""

    def __init__(self) -> None:
        self.heard_secs: list[float] = []
        self.guesses: list[str] = []
        self.is_stuck = False
        self.waits_secs = 0.0
        self.error: Exception | None = None
        self.began = threading.Event()
        self.was_cancelled = threading.Event()

    @override
    def transcribe(
        self,
        audio: np.ndarray,
        *,
        after: Transcript = NOTHING_HEARD,
        guess: Transcript = NOTHING_HEARD,
        is_cancelled: Callable[[], bool] = bool,
    ) -> Transcript | None:
        self.began.set()
        self.heard_secs.append(len(audio) / 16_000)
        self.guesses.append(guess.text)
        if self.error:
            raise self.error
        while self.is_stuck:
            if is_cancelled():
                self.was_cancelled.set()
                return None
        threading.Event().wait(self.waits_secs)
        return Transcript(f"words {len(self.heard_secs)}", 0.9, (1,))


class Ear:
    """A draft recogniser and what it is fed with."""

    def __init__(self) -> None:
        self.model = ScriptedModel()
        self.drafts = DraftRecogniser(self.model)

    def hear(self, secs: float, *, is_speech: bool = True) -> None:
        for _ in range(round(secs / WINDOW_SECS)):
            self.drafts.hear(WINDOW, is_speech=is_speech)

    async def passing(self) -> None:
        """Wait for what is read in passing."""

        async def is_read() -> bool:
            return not self.drafts.is_reading

        await until(is_read)


@pytest.fixture
def ear() -> Ear:
    return Ear()


async def test_speech_is_read_with_what_came_right_before_it(ear: Ear) -> None:
    ear.hear(5, is_speech=False)
    ear.hear(0.64)
    heard = await ear.drafts.read()
    assert heard and heard.text == "words 1"
    assert ear.model.heard_secs == [pytest.approx(PRE_SPEECH_SECS + 0.64, abs=0.02)]


async def test_words_that_are_final_are_not_read_again(ear: Ear) -> None:
    ear.hear(1.2)
    ear.drafts.forget(keep_secs=0.2)
    await ear.drafts.read()
    assert ear.model.heard_secs == [pytest.approx(0.2)]


async def test_long_speech_is_read_in_passing_and_helps_the_next_read(ear: Ear) -> None:
    ear.hear(GUESS_SECS + 0.1)
    await ear.passing()
    ear.hear(0.3)
    heard = await ear.drafts.read()
    assert heard and heard.text == "words 2"
    assert ear.model.guesses == ["", "words 1"]


async def test_nothing_is_read_in_passing_while_the_recogniser_keeps_up(ear: Ear) -> None:
    ear.drafts.is_behind = False
    ear.hear(3)
    assert ear.model.heard_secs == []


async def test_speech_that_is_too_long_is_not_read_until_a_final_covers_it(ear: Ear) -> None:
    ear.drafts.is_behind = False
    ear.hear(MOST_SECS + 1)
    assert await ear.drafts.read() is None
    ear.drafts.forget(keep_secs=0.5)
    ear.hear(0.5)
    assert await ear.drafts.read()


async def test_a_read_in_passing_gives_way(ear: Ear) -> None:
    ear.model.is_stuck = True
    ear.hear(GUESS_SECS + 0.1)
    await asyncio.to_thread(ear.model.began.wait, 5)
    reading = asyncio.create_task(ear.drafts.read())
    await asyncio.to_thread(ear.model.was_cancelled.wait, 5)
    ear.model.is_stuck = False
    assert await reading


async def test_a_read_nobody_waits_for_ends(ear: Ear) -> None:
    ear.model.is_stuck = True
    ear.hear(0.5)
    reading = asyncio.create_task(ear.drafts.read())
    await asyncio.to_thread(ear.model.began.wait, 5)
    reading.cancel()
    assert await asyncio.to_thread(ear.model.was_cancelled.wait, 5)
    ear.drafts.close()


@pytest.mark.promise("Turns", "Guessed words cost no call more than 3 % of a core.")
async def test_who_has_used_up_his_share_is_not_read(
    ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    took_secs = iter([0.0, 2.0, *[2.0] * 10])
    monkeypatch.setattr("processors.turns.draft.time.thread_time", lambda: next(took_secs))
    ear.drafts.is_behind = False
    ear.hear(0.5)
    assert await ear.drafts.read()
    ear.drafts.forget()
    ear.hear(0.5)
    assert await ear.drafts.read() is None
    for _ in range(60):
        ear.hear(1, is_speech=False)
    ear.hear(0.5)
    assert await ear.drafts.read()


@pytest.mark.promise("Turns", "On a machine that is full nothing is guessed.")
async def test_a_machine_that_is_slow_is_left_alone_for_a_while(ear: Ear) -> None:
    ear.drafts.is_behind = False
    ear.model.waits_secs = 0.1
    ear.hear(0.5)
    assert await ear.drafts.read()
    assert await ear.drafts.read() is None
    ear.hear(11, is_speech=False)
    ear.hear(0.5)
    assert await ear.drafts.read()


@pytest.mark.parametrize("error", [RuntimeError("out of memory"), MemoryError()])
async def test_a_model_that_fails_is_left_alone_too(ear: Ear, error: Exception) -> None:
    ear.model.error = error
    ear.hear(0.5)
    assert await ear.drafts.read() is None
    ear.model.error = None
    assert await ear.drafts.read() is None
    assert len(ear.model.heard_secs) == 1


def test_the_model_reads_a_shorter_guess_into_the_same_text() -> None:
    model = load()
    assert model is not None
    pcm = spoken("What is the weather like in Berlin today?")
    audio = np.frombuffer(pcm, np.int16).astype(np.float32) / 32768
    plain = model.transcribe(audio)
    assert plain and plain.text == "What is the weather like in Berlin today?"
    for end in range(8_000, len(audio), 8_000):
        guess = model.transcribe(audio[:end])
        assert guess is not None
        told = model.transcribe(audio, guess=guess)
        assert told and told.text == plain.text, guess.text

from __future__ import annotations

import asyncio
import os

import pytest
from pipecat.audio.turn.base_turn_analyzer import EndOfTurnState

from processors import turn_analyzer
from processors.turn_analyzer import TurnAnalyzer
from tests.processors.test_voice_activity import speech


def hearing(pcm: bytes) -> TurnAnalyzer:
    analyzer = TurnAnalyzer()
    analyzer.set_sample_rate(16_000)
    for start in range(0, len(pcm), 640):
        analyzer.append_audio(pcm[start : start + 640], is_speech=True)
    return analyzer


async def test_a_finished_word_is_probably_the_end() -> None:
    assert await hearing(speech()).look() > 0.5


async def test_a_look_ends_nothing() -> None:
    analyzer = hearing(speech())
    assert await analyzer.look() == await analyzer.look()
    assert analyzer.speech_triggered


async def test_a_finished_word_ends_the_turn_at_the_end_of_speech() -> None:
    state, _ = await hearing(speech()).analyze_end_of_turn()
    assert state is EndOfTurnState.COMPLETE


async def test_nothing_heard_is_no_end() -> None:
    analyzer = TurnAnalyzer()
    assert await analyzer.look() == 0.0


async def test_long_silence_ends_the_turn() -> None:
    analyzer = hearing(speech())
    states = [analyzer.append_audio(bytes(32_000), is_speech=False) for _ in range(2)]
    assert states == [EndOfTurnState.INCOMPLETE, EndOfTurnState.COMPLETE]


def test_a_loaded_model_works_in_a_forked_child() -> None:
    turn_analyzer.load()
    child = os.fork()
    if child == 0:
        probability = asyncio.run(hearing(speech()).look())
        os._exit(0 if probability > 0.5 else 1)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads in /proc")
def test_loading_starts_no_thread() -> None:
    turn_analyzer.load.cache_clear()
    before = len(os.listdir("/proc/self/task"))
    turn_analyzer.load()
    assert len(os.listdir("/proc/self/task")) == before

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


@pytest.mark.parametrize(
    ("probability", "state"),
    [(0.9, EndOfTurnState.COMPLETE), (0.6, EndOfTurnState.INCOMPLETE)],
)
async def test_a_kept_verdict_answers_once(probability: float, state: EndOfTurnState) -> None:
    analyzer = hearing(b"\x00\x00" * 1600)
    own = await analyzer.look()
    analyzer.keep(probability)
    assert (await analyzer.analyze_end_of_turn())[0] is state
    analyzer.forget()
    if state is EndOfTurnState.INCOMPLETE:
        assert await analyzer.look() == own


async def test_a_forgotten_verdict_answers_nothing() -> None:
    analyzer = hearing(speech())
    analyzer.keep(0.0)
    analyzer.forget()
    assert (await analyzer.analyze_end_of_turn())[0] is EndOfTurnState.COMPLETE


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

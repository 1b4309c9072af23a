from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
import unittest.mock
from importlib import resources

import numpy as np
import onnxruntime
import pytest

from bot.settings import child_environment
from processors.turns import analyzer as turn_analyzer
from processors.turns.analyzer import TurnAnalyzer, judge
from processors.turns.voice_activity import WINDOW_SECS
from tests.processors.turns.test_voice_activity import speech
from tests.turn_rig import open_turn_rig


def hearing(pcm: bytes) -> TurnAnalyzer:
    analyzer = TurnAnalyzer()
    append(analyzer, pcm, is_speech=True)
    return analyzer


def append(analyzer: TurnAnalyzer, pcm: bytes, *, is_speech: bool) -> None:
    for start in range(0, len(pcm), 640):
        analyzer.append_audio(pcm[start : start + 640], is_speech=is_speech)


async def test_a_finished_word_is_probably_the_end() -> None:
    analyzer = hearing(speech())
    assert await analyzer.look() > 0.5
    assert await analyzer.look() == await analyzer.look()
    analyzer.close()


async def test_nothing_heard_is_no_end() -> None:
    analyzer = hearing(speech())
    analyzer.clear()
    assert await analyzer.look() == 0.0


async def test_of_what_came_before_speech_half_a_second_and_voice_detections_delay_count() -> None:
    noise = np.random.default_rng(1).integers(-3000, 3000, 16_000 * 10, np.int16).tobytes()
    analyzer = TurnAnalyzer()
    analyzer.update_vad_start_secs(0.25)
    append(analyzer, noise, is_speech=False)
    append(analyzer, speech(), is_speech=True)
    assert await analyzer.look() == judge(noise[-24_000:] + speech())
    analyzer.close()


@pytest.mark.promise("Turns", "The end of a turn is judged by that turn's sound alone.")
async def test_each_turn_is_judged_by_its_own_sound_and_the_half_second_before() -> None:
    async with open_turn_rig() as rig:
        for windows, text in ((60, "What time is it?"), (10, "And in Rome?")):
            await rig.hush(60)
            await rig.say(windows)
            await rig.hush(3)
            await rig.final(text, finalized=True)
            assert rig.is_over
            heard_secs = rig.analyzer.heard_secs[-1] - windows * WINDOW_SECS
            assert 0.4 <= heard_secs <= 0.9
            rig.floor.bot_began()
            rig.floor.bot_ended()
            rig.pipeline.down.clear()


async def test_of_a_long_turn_the_last_8_s_count() -> None:
    seconds = [np.full(16_000, level, np.int16).tobytes() for level in range(1, 22)]
    analyzer = hearing(b"".join(seconds) + speech())
    assert await analyzer.look() == judge((b"".join(seconds) + speech())[-256_000:])
    analyzer.close()


async def test_a_cancelled_look_stops_the_model() -> None:
    analyzer = hearing(speech())
    began, ended = threading.Event(), threading.Event()
    runs: list[float] = []

    def watched(pcm: bytes, options: onnxruntime.RunOptions) -> float:
        began.set()
        # A run that is told to stop before it begins ends at its first node.
        while not options.terminate:
            time.sleep(0.001)
        try:
            runs.append(judge(pcm, options))
        finally:
            ended.set()
        return runs[0]

    with unittest.mock.patch.object(turn_analyzer, "judge", watched):
        look = asyncio.create_task(analyzer.look())
        await asyncio.to_thread(began.wait)
        look.cancel()
        await asyncio.to_thread(ended.wait)
    assert runs == []
    analyzer.close()


def test_the_added_readers_change_nothing_but_the_speed() -> None:
    """The model says what the file says as it is, but for rounding."""
    features = np.random.default_rng(1).standard_normal((1, 80, 800)).astype(np.float32)
    name = "smart-turn-v3.2-cpu.onnx"
    file = resources.files("pipecat.audio.turn.smart_turn.data").joinpath(name)
    plain = onnxruntime.InferenceSession(file.read_bytes(), providers=["CPUExecutionProvider"])
    inputs = {"input_features": features}
    [expected], [said] = plain.run(None, inputs), turn_analyzer.load().run(None, inputs)
    assert said == pytest.approx(expected, abs=0.005)


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


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="reads memory in /proc")
def test_the_memory_of_looks_is_given_back_when_the_turn_is_over() -> None:
    """In a process of its own: the C library reads its settings when a process starts."""
    code = """
import asyncio
from processors.turns.analyzer import TurnAnalyzer

def resident_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6

analyzer = TurnAnalyzer()
before = resident_mb()
analyzer.append_audio(bytes(32_000), is_speech=True)
asyncio.run(analyzer.look())
held = resident_mb() - before
analyzer.clear()
analyzer._thread.shutdown(wait=True)
print(held, resident_mb() - before)
"""
    environment = child_environment({"MALLOC_TRIM_THRESHOLD_": "4194304"})
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    held_mb, left_mb = map(float, done.stdout.split())
    assert held_mb > 20
    assert left_mb < 5

from __future__ import annotations

import random
import wave
from importlib import resources
from pathlib import Path

import pytest
from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADParams, VADState
from typing_extensions import override

from processors.turns.voice_activity import HOP_SECS, WINDOW_SAMPLES, WINDOW_SECS, VoiceActivity
from tests.scripted_voice_activity import SILENCE, VOICE, ScriptedVoiceActivity


def speech() -> bytes:
    """Return the word "ready" between half a second and a second of silence."""
    path = Path(str(resources.files("pipecat.services.aws.nova_sonic").joinpath("ready.wav")))
    with wave.open(str(path)) as file:
        words = file.readframes(file.getnframes())
    return bytes(16_000) + words + bytes(32_000)


async def states_of(voice: VoiceActivity, *windows: bytes) -> list[VADState]:
    return [await voice.analyze_audio(window) for window in windows]


async def test_a_spoken_word_starts_and_stops_speech_once() -> None:
    voice = VoiceActivity()
    pcm = speech()
    states = [await voice.analyze_audio(pcm[i : i + 640]) for i in range(0, len(pcm), 640)]
    changes = [b for a, b in zip(states, states[1:], strict=False) if a is not b]
    assert changes == [VADState.STARTING, VADState.SPEAKING, VADState.STOPPING, VADState.QUIET]


async def test_speech_starts_after_three_voiced_windows() -> None:
    states = await states_of(ScriptedVoiceActivity(), *[VOICE] * 3)
    assert states == [VADState.STARTING, VADState.STARTING, VADState.SPEAKING]


async def test_an_unsure_stop_takes_two_hundred_milliseconds() -> None:
    voice = ScriptedVoiceActivity()
    states = await states_of(voice, *[VOICE] * 3, *[SILENCE] * 6)
    assert states[3:] == [*[VADState.STOPPING] * 5, VADState.QUIET]


async def test_a_sure_stop_takes_a_hundred_milliseconds() -> None:
    voice = ScriptedVoiceActivity()
    await states_of(voice, *[VOICE] * 3, SILENCE)
    voice.is_sure = True
    assert await states_of(voice, SILENCE, SILENCE) == [VADState.STOPPING, VADState.QUIET]


async def test_a_voiced_window_takes_the_certainty_back() -> None:
    voice = ScriptedVoiceActivity()
    await states_of(voice, *[VOICE] * 3, SILENCE)
    voice.is_sure = True
    await states_of(voice, VOICE)
    assert not voice.is_sure
    assert (await states_of(voice, *[SILENCE] * 3))[-1] is VADState.STOPPING


async def test_loudness_tells_a_pause_before_the_model_does() -> None:
    voice = ScriptedVoiceActivity()
    voice.lag_windows = 2
    await states_of(voice, *[VOICE] * 3, *[SILENCE] * 3)
    voice.is_sure = True
    assert await states_of(voice, SILENCE) == [VADState.QUIET]
    assert voice.quiet_secs == voice.hush_secs == pytest.approx(4 * WINDOW_SECS, abs=HOP_SECS)
    assert voice.silent_run < 4


async def test_in_a_noisy_room_only_the_model_counts() -> None:
    voice = ScriptedVoiceActivity()
    noise = (VOICE[:1] + b"\x10") * WINDOW_SAMPLES
    await states_of(voice, noise, noise, noise, b"\x00\x10" * WINDOW_SAMPLES)
    assert (voice.quiet_secs, voice.silent_run, voice.hush_secs) == (0.0, 1, WINDOW_SECS)


async def test_certain_windows_count_twice_as_evidence() -> None:
    voice = ScriptedVoiceActivity()
    await states_of(voice, VOICE, VOICE)
    assert (voice.voiced_run, voice.evidence) == (2, 3)
    await states_of(voice, SILENCE)
    assert voice.evidence == 0


async def test_windows_are_counted_whatever_the_size_of_the_frames() -> None:
    voice = ScriptedVoiceActivity()
    pcm = VOICE * 4 + SILENCE * 2
    for start in range(0, len(pcm), 100):
        await voice.analyze_audio(pcm[start : start + 100])
    assert (voice.voiced_run, voice.silent_run, voice.voiced_total) == (0, 2, 4)
    await voice.analyze_audio(VOICE)
    assert (voice.voiced_run, voice.silent_run, voice.voiced_total) == (1, 0, 5)


def test_audio_of_another_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="16000"):
        VoiceActivity().set_sample_rate(8_000)


async def test_quiet_goes_on_growing_after_the_end_of_speech() -> None:
    voice = ScriptedVoiceActivity()
    await states_of(voice, *[VOICE] * 3, *[SILENCE] * 7)
    before_secs = voice.quiet_secs
    assert await states_of(voice, *[SILENCE] * 10) == [VADState.QUIET] * 10
    assert voice.quiet_secs - before_secs == pytest.approx(10 * WINDOW_SECS, abs=0.03)


class WatchedVoice(VoiceActivity):
    def __init__(self, params: VADParams) -> None:
        super().__init__(params=params)
        self.said: list[float] = []

    @override
    def voice_confidence(self, buffer: bytes) -> float:
        self.said.append(super().voice_confidence(buffer))
        return self.said[-1]


class PipecatsOwn(VADAnalyzer):
    """The states of Pipecat's analyzers, by what the model has said to another."""

    def __init__(self, watched: WatchedVoice) -> None:
        super().__init__(sample_rate=16_000, params=watched.params)
        self._watched = watched
        self.set_sample_rate(16_000)

    @override
    def num_frames_required(self) -> int:
        return WINDOW_SAMPLES

    @override
    def voice_confidence(self, buffer: bytes) -> float:
        return self._watched.said.pop(0)


@pytest.mark.parametrize("min_volume", [0.0, 0.6])
async def test_the_states_are_those_of_pipecats_analyzers(min_volume: float) -> None:
    ours = WatchedVoice(VADParams(start_secs=0.1, stop_secs=0.2, min_volume=min_volume))
    pipecats = PipecatsOwn(ours)
    pcm, rng, at = speech() * 2 + speech()[16_000:-20_000] * 3, random.Random(1), 0
    seen: set[VADState] = set()
    while at < len(pcm):
        frame = pcm[at : at + 2 * rng.randrange(10, 1500)]
        at += len(frame)
        state = await ours.analyze_audio(frame)
        assert state is await pipecats.analyze_audio(frame)
        seen.add(state)
    assert seen == set(VADState)
    await pipecats.cleanup()


async def test_other_thresholds_hold_from_then_on() -> None:
    voice = ScriptedVoiceActivity()
    assert (await states_of(voice, *[VOICE] * 3))[-1] is VADState.SPEAKING
    voice.set_params(VADParams(start_secs=WINDOW_SECS, stop_secs=2 * WINDOW_SECS, min_volume=0))
    assert await states_of(voice, VOICE, SILENCE, SILENCE) == [
        VADState.SPEAKING,
        VADState.STOPPING,
        VADState.QUIET,
    ]

from __future__ import annotations

import numpy as np
import pytest

from bot.local.audio_input import AudioInput


def _input(encoding: str = "linear16", rate: int = 16_000, channels: int = 1) -> AudioInput:
    return AudioInput(
        encoding=encoding,  # pyright: ignore[reportArgumentType]
        sample_rate_hz=rate,
        channels=channels,
    )


def test_a_sample_cut_in_two_messages_is_put_together() -> None:
    pcm = np.array([0, 16_384, -32_768], "<i2").tobytes()
    stream = _input()
    parts = [stream.push(pcm[at : at + 1]) for at in range(len(pcm))]
    assert np.concatenate(parts).tolist() == [0.0, 0.5, -1.0]


def test_two_channels_become_their_mean() -> None:
    pcm = np.array([16_384, 0, -16_384, -16_384], "<i2").tobytes()
    assert _input(channels=2).push(pcm).tolist() == [0.25, -0.5]


@pytest.mark.parametrize(
    ("encoding", "code", "level"),
    [
        # The corner values of the tables in ITU-T G.711.
        ("mulaw", 0xFF, 0),
        ("mulaw", 0x80, 32_124),
        ("mulaw", 0x00, -32_124),
        ("alaw", 0xD5, 8),
        ("alaw", 0xAA, 32_256),
        ("alaw", 0x2A, -32_256),
    ],
)
def test_companded_samples_have_their_standard_levels(encoding: str, code: int, level: int) -> None:
    assert _input(encoding).push(bytes([code]))[0] * 32_768 == level


def test_32_bit_samples_are_scaled() -> None:
    assert _input("linear32").push(np.array([2**30], "<i4").tobytes()).tolist() == [0.5]


@pytest.mark.parametrize("rate", [8_000, 24_000, 48_000])
def test_other_rates_come_out_as_16_khz(rate: int) -> None:
    times = np.arange(rate) / rate
    pcm = (np.sin(2 * np.pi * 440 * times) * 20_000).astype("<i2").tobytes()
    stream = _input(rate=rate)
    parts = [stream.push(pcm[at : at + 960]) for at in range(0, len(pcm), 960)]
    samples = np.concatenate([*parts, stream.flush()])
    assert abs(len(samples) - 16_000) <= 2
    spectrum = np.abs(np.fft.rfft(samples))
    assert abs(int(spectrum.argmax()) - 440) <= 1

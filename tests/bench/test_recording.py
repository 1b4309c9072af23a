from __future__ import annotations

import pytest

from bench.recording import Recording
from bench.sound import SAMPLE_RATE_HZ, room_tone, silence, tone

FRAME_BYTES = 320


def recorded(pcm: bytes, *, start_secs: float = 100.0, late_secs: float = 0.0) -> Recording:
    """Record `pcm` in 10 ms frames; every third frame arrives `late_secs` late."""
    recording = Recording()
    for number, position in enumerate(range(0, len(pcm), FRAME_BYTES)):
        frame = pcm[position : position + FRAME_BYTES]
        due_secs = start_secs + (position + len(frame)) / 2 / SAMPLE_RATE_HZ
        late = late_secs if number % 3 == 0 else 0.0
        recording.append(frame, arrived_secs=due_secs + late)
    return recording


def beep(secs: float) -> bytes:
    return tone(500, secs, sample_rate_hz=SAMPLE_RATE_HZ)


def test_onset_is_found_to_the_sample() -> None:
    recording = recorded(silence(0.5037) + beep(0.3) + silence(0.5))
    assert recording.onset_after(100.0) == pytest.approx(100.5037, abs=1e-4)


def test_offset_is_the_last_loud_sample_before_quiet() -> None:
    recording = recorded(silence(0.5) + beep(0.3) + silence(0.1) + beep(0.2) + silence(0.5))
    assert recording.offset_after(100.0) == pytest.approx(101.1, abs=2e-3)


def test_offset_is_unknown_while_the_sound_lasts() -> None:
    recording = recorded(silence(0.5) + beep(0.3) + silence(0.1))
    assert recording.offset_after(100.0) is None


def test_a_late_event_loop_does_not_move_an_onset() -> None:
    recording = recorded(silence(0.5) + beep(0.3), late_secs=0.004)
    assert recording.onset_after(100.0) == pytest.approx(100.5, abs=1e-3)


def test_sound_that_goes_on_is_no_onset() -> None:
    recording = recorded(silence(0.5) + beep(1.0))
    assert recording.onset_after(100.8) is None


def test_a_short_gap_is_no_onset() -> None:
    recording = recorded(silence(0.5) + beep(0.3) + silence(0.15) + beep(0.3))
    assert recording.onset_after(100.6) is None


def test_speech_that_fades_in_has_its_onset_at_minus_40_dbfs() -> None:
    faint = room_tone(0.1, dbfs=-52)
    recording = recorded(silence(0.5) + faint + beep(0.3))
    assert recording.onset_after(100.0) == pytest.approx(100.6, abs=1e-3)


def test_onset_in_a_recording_that_begins_loud_is_its_first_sample() -> None:
    assert recorded(beep(0.3)).onset_after(0.0) == pytest.approx(100.0, abs=1e-3)


def test_heard_returns_the_samples_between_two_times() -> None:
    recording = recorded(silence(0.5) + beep(0.3) + silence(0.2))
    assert len(recording.heard(100.25, 100.75)) == 2 * round(0.5 * SAMPLE_RATE_HZ)


def test_nothing_heard_is_empty() -> None:
    recording = Recording()
    assert (recording.heard(0.0), recording.onset_after(0.0), recording.offset_after(0.0)) == (
        b"",
        None,
        None,
    )


def test_loudness_since_a_time() -> None:
    recording = recorded(silence(0.5) + beep(0.3) + silence(0.5))
    assert recording.is_loud(since_secs=100.7)
    assert not recording.is_loud(since_secs=100.81)

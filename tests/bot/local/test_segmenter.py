from __future__ import annotations

import numpy as np

from bot.local.segmenter import HARD_SPLIT_AFTER_MS, Segmenter, SegmentEvent
from bot.local.silero import FRAME_SAMPLES

_FRAME = np.zeros(FRAME_SAMPLES, np.float32)
_SPEECH, _QUIET = 0.9, 0.0


def _segmenter(endpointing_ms: int | None = 320) -> Segmenter:
    return Segmenter(endpointing_ms=endpointing_ms, draft_pause_ms=96)


def _push(segmenter: Segmenter, probability: float, frames: int) -> list[SegmentEvent]:
    events = [segmenter.push(_FRAME, probability) for _ in range(frames)]
    return [event for event in events if event is not None]


def test_three_voiced_frames_start_a_segment_with_what_came_just_before() -> None:
    segmenter = _segmenter()
    assert _push(segmenter, _QUIET, 40) == []
    assert _push(segmenter, _SPEECH, 2) == []
    assert _push(segmenter, _SPEECH, 1) == [SegmentEvent.STARTED]
    assert segmenter.segment is not None
    assert segmenter.segment.samples == 9 * FRAME_SAMPLES
    assert segmenter.segment.gap is None


def test_a_click_is_no_speech() -> None:
    segmenter = _segmenter()
    for _ in range(10):
        assert _push(segmenter, _SPEECH, 2) + _push(segmenter, _QUIET, 1) == []
    assert segmenter.segment is None


def test_silence_is_first_a_pause_and_then_the_end() -> None:
    segmenter = _segmenter()
    _push(segmenter, _SPEECH, 20)
    assert _push(segmenter, _QUIET, 9) == [SegmentEvent.PAUSED]
    assert _push(segmenter, _QUIET, 1) == [SegmentEvent.ENDED]


def test_a_voice_that_fades_is_still_a_voice() -> None:
    segmenter = _segmenter()
    _push(segmenter, _SPEECH, 5)
    assert _push(segmenter, 0.4, 40) == []


def test_a_long_segment_is_parted_at_a_pause_or_at_the_limit() -> None:
    segmenter = _segmenter(endpointing_ms=2_000)
    _push(segmenter, _SPEECH, 230)
    assert SegmentEvent.OVERLONG in _push(segmenter, _QUIET, 6)
    segmenter = _segmenter(endpointing_ms=2_000)
    limit = HARD_SPLIT_AFTER_MS * 16 // FRAME_SAMPLES + 1
    assert SegmentEvent.OVERLONG in _push(segmenter, _SPEECH, limit)


def test_speech_that_goes_on_makes_the_next_segment_without_a_hole() -> None:
    segmenter = _segmenter()
    _push(segmenter, _SPEECH, 20)
    first = segmenter.take(goes_on=True)
    assert first is not None and segmenter.segment is not None
    assert segmenter.segment.start == first.end
    _push(segmenter, _SPEECH, 2)
    assert segmenter.segment.samples == 2 * FRAME_SAMPLES


def test_a_segment_without_speech_is_nothing() -> None:
    segmenter = _segmenter()
    _push(segmenter, _SPEECH, 20)
    segmenter.take(goes_on=True)
    _push(segmenter, _QUIET, 3)
    assert segmenter.take(goes_on=False) is None


def test_the_gap_to_the_segment_before_is_kept_while_it_is_short() -> None:
    segmenter = _segmenter()
    _push(segmenter, _SPEECH, 20)
    _push(segmenter, _QUIET, 10)
    first = segmenter.take(goes_on=False)
    _push(segmenter, _QUIET, 10)
    _push(segmenter, _SPEECH, 3)
    assert first is not None and segmenter.segment is not None
    assert segmenter.segment.gap is not None
    gap_samples = len(segmenter.segment.gap) * FRAME_SAMPLES
    assert first.end + gap_samples == segmenter.segment.start


def test_after_a_long_silence_there_is_no_gap_to_bridge() -> None:
    segmenter = _segmenter()
    _push(segmenter, _SPEECH, 20)
    segmenter.take(goes_on=False)
    _push(segmenter, _QUIET, 60)
    _push(segmenter, _SPEECH, 3)
    assert segmenter.segment is not None and segmenter.segment.gap is None


def test_without_endpointing_a_second_of_silence_ends_a_segment() -> None:
    segmenter = _segmenter(endpointing_ms=None)
    _push(segmenter, _SPEECH, 20)
    assert SegmentEvent.ENDED not in _push(segmenter, _QUIET, 31)
    assert SegmentEvent.ENDED in _push(segmenter, _QUIET, 1)

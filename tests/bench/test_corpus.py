from __future__ import annotations

from collections import Counter

from bench.corpus import clips, loud_secs
from bench.sound import SAMPLE_RATE_HZ, loud_bounds
from bench.turn_corpus import turns


def test_there_are_60_real_interruptions_and_60_false_ones() -> None:
    kinds = Counter(clip.kind for clip in clips())
    assert kinds["real"] >= 54  # and more where recordings of people are installed
    assert kinds["backchannel"] + kinds["noise"] >= 60


def test_clips_begin_loud() -> None:
    assert all(loud_bounds(clip.pcm)[0] == 0 for clip in clips() if clip.kind != "noise")
    assert all(0.05 < loud_secs(clip) < 3.5 for clip in clips())


def test_pauses_of_turns_are_silent_and_the_last_one_ends_the_turn() -> None:
    for number, turn in enumerate(turns()):
        if number == 5:
            break
        assert [pause.is_end for pause in turn.pauses] == [False] * (len(turn.pauses) - 1) + [True]
        for pause in turn.pauses:
            end = pause.start + round(pause.secs * SAMPLE_RATE_HZ)
            silent = turn.pcm[2 * pause.start : 2 * end]
            assert max(map(abs, memoryview(silent).cast("h"))) < 104

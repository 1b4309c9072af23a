from __future__ import annotations

from processors.room.word_clock import WordClock

SECOND = 1_000_000_000


def test_words_count_from_the_first_audio_of_their_context() -> None:
    clock = WordClock()
    clock.start()
    clock.note_audio(5 * SECOND)
    clock.note_audio(6 * SECOND)
    assert clock.secs_of(7 * SECOND, 6 * SECOND) == 2.0


def test_a_context_that_comes_early_counts_from_the_last_word_before_it() -> None:
    clock = WordClock()
    clock.start()
    clock.note_audio(5 * SECOND)
    clock.secs_of(9 * SECOND, 6 * SECOND)
    clock.start()
    clock.note_audio(6 * SECOND)
    assert clock.secs_of(10 * SECOND, 6 * SECOND) == 1.0


def test_a_cut_forgets_the_words_that_were_not_said() -> None:
    clock = WordClock()
    clock.start()
    clock.note_audio(5 * SECOND)
    clock.secs_of(9 * SECOND, 6 * SECOND)
    clock.cut()
    clock.start()
    clock.note_audio(6 * SECOND)
    assert clock.secs_of(7 * SECOND, 6 * SECOND) == 1.0

from __future__ import annotations

from processors.speech_to_text.results_watch import ResultsWatch


def watch() -> ResultsWatch:
    return ResultsWatch(silent_secs=1.0, answer_secs=0.5)


def test_silence_never_raises_an_alarm() -> None:
    assert not watch().feed(100.0, is_speech=False)


def test_speech_without_a_result_does() -> None:
    quiet = watch()
    assert not quiet.feed(0.9, is_speech=True)
    assert quiet.feed(0.2, is_speech=True)


def test_a_result_starts_the_count_anew() -> None:
    answered = watch()
    answered.feed(0.9, is_speech=True)
    answered.on_result()
    assert not answered.feed(0.9, is_speech=True)


def test_an_unanswered_finalize_after_speech_does_sooner() -> None:
    asked = watch()
    asked.feed(0.3, is_speech=True)
    asked.on_finalize_sent()
    assert not asked.feed(0.5, is_speech=False)
    assert asked.feed(0.1, is_speech=False)


def test_a_finalize_with_no_words_owed_needs_no_answer() -> None:
    asked = watch()
    asked.feed(0.3, is_speech=True)
    asked.on_result()
    asked.on_finalize_sent()
    assert not asked.feed(9.0, is_speech=False)


def test_a_service_that_answers_late_is_not_called_dead_for_ever() -> None:
    late = watch()
    deaths = 0
    for _ in range(10):
        is_answered = False
        while not is_answered:
            late.feed(0.3, is_speech=True)
            late.on_finalize_sent()
            is_answered = not any(late.feed(0.1, is_speech=False) for _ in range(15))
            if not is_answered:
                deaths += 1
                late.reset()
        late.on_result()
    assert deaths == 2


def test_a_service_that_answers_in_time_again_has_no_patience_left() -> None:
    watched = watch()
    assert watched.feed(1.1, is_speech=True)
    watched.reset()
    watched.feed(0.3, is_speech=True)
    watched.on_result()
    assert watched.feed(1.1, is_speech=True)

from __future__ import annotations

import pytest

from processors.floor import Floor
from processors.turns.caller_pause import EARLY_SECS, UNKNOWN_PROBABILITY, CallerPause
from processors.turns.voice_activity import WINDOW_SECS


def speaking(floor: Floor | None = None) -> CallerPause:
    floor = floor or Floor()
    pause = CallerPause(floor)
    floor.voice_began()
    pause.on_voice_started()
    return pause


def silent(hush_secs: float) -> CallerPause:
    """The caller spoke, and voice detection has reported the end of it."""
    floor = Floor()
    pause = speaking(floor)
    floor.voice_ended()
    pause.on_voice_stopped(hush_secs=hush_secs)
    return pause


def test_silence_is_counted_in_windows_while_speech_has_not_ended() -> None:
    pause = speaking()
    pause.on_audio(0.02, silent_run=3)
    assert pause.silence_secs == pytest.approx(3 * WINDOW_SECS)


def test_silence_grows_with_the_audio_after_the_end_of_speech() -> None:
    pause = silent(0.1)
    pause.on_audio(0.02, silent_run=0)
    assert pause.silence_secs == pytest.approx(0.1 + 0.02)


def test_voice_begins_another_pause() -> None:
    pause = speaking()
    pause.on_audio(0.02, silent_run=1)
    pause.on_look()
    pause.on_answer(0.9)
    number = pause.number
    pause.on_audio(0.02, silent_run=0)
    assert pause.number == number + 1
    assert pause.probability is None
    assert not pause.is_look_due


def test_a_click_after_the_end_of_speech_does_not() -> None:
    pause = silent(0.1)
    number = pause.number
    pause.on_audio(0.02, silent_run=0)
    assert pause.number == number


def test_a_look_is_due_once_per_step() -> None:
    pause = speaking()
    pause.on_audio(0.02, silent_run=1)
    assert pause.is_look_due
    pause.on_look()
    assert not pause.is_look_due
    pause.on_audio(0.02, silent_run=6)
    assert pause.is_look_due


def test_an_unasked_model_is_undecided() -> None:
    pause = CallerPause(Floor())
    assert pause.likelihood == UNKNOWN_PROBABILITY
    pause.on_look()
    pause.on_answer(0.0)
    assert pause.likelihood == 0.0


def test_later_looks_do_not_outvote_the_first() -> None:
    pause = speaking()
    for silent_run, answer in ((1, 0.2), (6, 0.9)):
        pause.on_audio(0.02, silent_run=silent_run)
        pause.on_look()
        pause.on_answer(answer)
    assert pause.likelihood == pytest.approx(0.55)


def test_a_new_turn_begins_without_silence() -> None:
    pause = silent(0.3)
    pause.reset()
    assert pause.silence_secs == 0.0


def hush() -> CallerPause:
    pause = speaking()
    pause.on_audio(0.02, silent_run=0, quiet_secs=EARLY_SECS)
    return pause


def test_a_hush_asks_the_model_once_before_the_voice_is_gone() -> None:
    pause = hush()
    assert pause.is_early_look_due
    pause.on_early_look()
    pause.on_audio(0.02, silent_run=0, quiet_secs=EARLY_SECS + 0.02)
    assert not pause.is_early_look_due


@pytest.mark.parametrize("answers_first", [True, False])
def test_an_early_answer_counts_from_the_first_silent_window_on(*, answers_first: bool) -> None:
    pause = hush()
    pause.on_early_look()
    if answers_first:
        pause.on_answer(0.9)
        assert pause.probability is None
    pause.on_audio(0.02, silent_run=1, quiet_secs=0.1)
    if not answers_first:
        pause.on_answer(0.9)
    assert pause.probability == 0.9
    assert not pause.is_look_due


def test_an_early_answer_is_void_once_the_voice_goes_on() -> None:
    pause = hush()
    pause.on_early_look()
    pause.on_audio(0.02, silent_run=0, quiet_secs=0.0)
    pause.on_answer(0.9)
    pause.on_audio(0.02, silent_run=1, quiet_secs=0.03)
    assert pause.probability is None
    assert pause.is_look_due


def test_an_answer_about_an_earlier_pause_is_void() -> None:
    pause = speaking()
    pause.on_audio(0.02, silent_run=1)
    pause.on_look()
    pause.on_audio(0.02, silent_run=0)
    pause.on_audio(0.02, silent_run=1)
    pause.on_answer(0.9)
    assert pause.probability is None


def test_what_a_recogniser_has_heard_stands_beside_the_turn_models_answer() -> None:
    pause = silent(0.1)
    pause.on_end_heard(0.8)
    assert (pause.first_guess, pause.likelihood) == (0.8, UNKNOWN_PROBABILITY)
    pause.on_look()
    pause.on_answer(0.4)
    assert pause.first_guess == pause.likelihood == pytest.approx(0.6)
    pause.on_end_heard(0.0)
    assert pause.first_guess == pause.likelihood == pytest.approx(0.4)


@pytest.mark.parametrize("goes_on", ["voice", "loud", "unheard", "reset"])
def test_what_was_heard_in_one_pause_does_not_count_in_the_next(goes_on: str) -> None:
    pause = silent(0.1)
    pause.on_end_heard(0.8)
    if goes_on == "voice":
        pause.on_voice_started()
    elif goes_on == "loud":
        pause = speaking()
        pause.on_end_heard(0.8)
        pause.on_audio(0.02, silent_run=0)
    elif goes_on == "unheard":
        pause.on_unheard_words()
    else:
        pause.reset()
    assert pause.first_guess is None


def test_quiet_that_voice_detection_has_not_noticed_keeps_what_was_heard() -> None:
    pause = speaking()
    pause.on_audio(0.02, silent_run=0, quiet_secs=EARLY_SECS)
    pause.on_end_heard(0.8)
    pause.on_audio(0.02, silent_run=0, quiet_secs=EARLY_SECS + 0.02)
    assert pause.first_guess == 0.8

from __future__ import annotations

import pytest

from processors.speech_to_text.results import Result
from processors.speech_to_text.unsettled_audio import (
    KeptAudio,
    Requests,
    ResultsWatch,
    UnsettledAudio,
)


def filled(*chunks: bytes, max_bytes: int = 100) -> KeptAudio:
    buffer = KeptAudio(max_bytes=max_bytes)
    for chunk in chunks:
        buffer.append(chunk)
    return buffer


def test_everything_unsettled_is_given_to_a_new_connection() -> None:
    buffer = filled(b"aa", b"bb")
    assert buffer.audio_after(buffer.start_stream()) == b"aabb"


def test_settled_audio_is_forgotten() -> None:
    buffer = filled(b"aa", b"bb", b"cc")
    buffer.settle(4)
    assert buffer.audio_after(buffer.start_stream()) == b"cc"


def test_a_chunk_that_is_only_partly_settled_is_kept() -> None:
    buffer = filled(b"aa", b"bb")
    buffer.settle(3)
    assert buffer.audio_after(0) == b"bb"


def test_positions_of_a_new_connection_count_from_its_first_audio() -> None:
    buffer = filled(b"aa", b"bb")
    buffer.settle(2)
    buffer.start_stream()
    buffer.append(b"cc")
    assert buffer.settle_stream(2) == 4
    assert buffer.audio_after(0) == b"cc"


def test_audio_that_comes_during_a_replay_follows_it() -> None:
    buffer = filled(b"aa")
    position = buffer.start_stream()
    assert buffer.audio_after(position) == b"aa"
    position = buffer.end_bytes
    buffer.append(b"bb")
    assert buffer.audio_after(position) == b"bb"


def test_the_oldest_audio_is_forgotten_beyond_the_limit() -> None:
    buffer = filled(b"aa", b"bb", b"cc", max_bytes=4)
    assert buffer.audio_after(0) == b"bbcc"
    assert buffer.start_bytes == 2


def test_settling_more_than_there_is_empties_the_buffer() -> None:
    buffer = filled(b"aa")
    buffer.settle(99)
    buffer.append(b"bb")
    assert buffer.audio_after(0) == b"bb"


def requests_at(*positions: int) -> Requests:
    requests = Requests(bytes_per_sec=100)
    for position in positions:
        requests.on_request(position)
    return requests


def test_the_answer_to_the_only_request_is_the_latest_whatever_it_covers() -> None:
    assert requests_at(1000).is_latest(0)


def test_a_late_answer_to_an_earlier_request_is_not() -> None:
    requests = requests_at(1000, 1200)
    assert not requests.is_latest(1000)
    assert requests.is_latest(1190)


def test_an_answer_to_the_latest_settles_those_before_it() -> None:
    requests = requests_at(1000, 1200)
    assert requests.is_latest(1200)
    requests.on_request(1400)
    assert requests.is_latest(0)


def test_an_unanswered_request_does_not_spoil_the_next() -> None:
    assert requests_at(1000, 1200).is_latest(1200)


def test_a_new_connection_owes_at_most_one_answer() -> None:
    requests = requests_at(1000, 1200)
    requests.on_reconnect(is_resent=True)
    assert requests.is_latest(0)


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


def spoken(secs: int) -> UnsettledAudio:
    """Return what is known after so much speech, and a silence that asks for its words."""
    unsettled = UnsettledAudio(bytes_per_sec=100)
    unsettled.on_voice_started()
    for _ in range(10 * secs):
        unsettled.take(b"a" * 10)
    unsettled.on_voice_stopped()
    return unsettled


@pytest.mark.parametrize(
    ("span_secs", "is_answer"),
    [((0.0, 5.0), True), ((0.0, 4.5), True), ((0.0, 2.0), False), (None, True)],
)
def test_where_the_vendor_does_not_say_so_the_answer_reaches_to_the_end(
    span_secs: tuple[float, float] | None, is_answer: bool
) -> None:
    unsettled = spoken(5)
    assert unsettled.settle(Result("words", True, None, span_secs)) == is_answer
    assert unsettled.is_owed != is_answer


def test_an_answer_settles_all_that_was_said() -> None:
    unsettled = spoken(5)
    assert unsettled.settle(Result("", True, True, (0.0, 4.0)))
    assert unsettled.kept.audio_after(0) == b""


def test_nothing_is_an_answer_that_was_not_asked_for() -> None:
    unsettled = UnsettledAudio(bytes_per_sec=100)
    unsettled.on_voice_started()
    unsettled.take(b"a" * 100)
    assert not unsettled.settle(Result("words", True, True, (0.0, 1.0)))


def test_a_quiet_caller_is_kept_for_a_second_and_speech_for_ten() -> None:
    unsettled = UnsettledAudio(bytes_per_sec=100)
    for _ in range(50):
        unsettled.take(b"a" * 10)
    assert len(unsettled.kept.audio_after(0)) == 100
    unsettled.on_voice_started()
    for _ in range(200):
        unsettled.take(b"a" * 10)
    assert len(unsettled.kept.audio_after(0)) == 1000


def test_audio_that_somebody_else_heard_is_counted_and_not_kept() -> None:
    unsettled = spoken(2)
    unsettled.start_stream()
    unsettled.kept.move_to(1000)
    unsettled.take(b"a" * 100)
    assert unsettled.kept.audio_after(0) == b"a" * 100
    # The connection has been sent 3 s; its last second is the session's eleventh.
    stretch = unsettled.stretch_of(Result("words", True, None, (2.0, 3.0)))
    assert stretch and (stretch.start_secs, stretch.end_secs, stretch.lag_secs) == (10.0, 11.0, 0.0)


@pytest.mark.parametrize("span_secs", [(0.0, 99.0), (3.0, 3.0), (3.0, 2.0)])
def test_a_span_that_cannot_be_true_is_none(span_secs: tuple[float, float]) -> None:
    assert spoken(5).stretch_of(Result("words", True, None, span_secs)) is None


def test_what_comes_well_behind_the_request_is_beyond_it() -> None:
    audio = UnsettledAudio(bytes_per_sec=100)
    audio.take(b"a" * 200)
    audio.on_voice_started()
    audio.on_voice_stopped()
    found = [
        audio.is_beyond_request(Result("", False, False, span_secs))
        for span_secs in (None, (0.0, 2.0), (0.0, 2.09), (1.9, 2.11))
    ]
    assert found == [False, False, False, True]
    audio.settle_request()
    assert not audio.is_owed and not audio.kept.audio_after(0)


def test_audio_that_is_none_of_the_sessions_moves_no_position() -> None:
    buffer = filled(b"aa", b"bb")
    buffer.start_stream()
    buffer.note_filling(6)
    assert buffer.position_of(8) == 2
    buffer.start_stream()
    assert buffer.position_of(2) == 2

from __future__ import annotations

from processors.speech_to_text.unsettled_audio import KeptAudio, Requests, ResultsWatch


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

from __future__ import annotations

from processors.speech_to_text.finalize_requests import FinalizeRequests


def requests_at(*positions: int) -> FinalizeRequests:
    requests = FinalizeRequests(bytes_per_sec=100)
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

from __future__ import annotations

from itertools import count

from bot.local.request_log import RequestLog


def test_a_request_is_stamped_as_it_lives() -> None:
    ticks = count(1)
    log = RequestLog(clock=lambda: float(next(ticks)))
    entry = log.open("a", "language_model")
    entry.sent(10)
    entry.sent(5)
    entry.mark("final", chars=3)
    entry.close()
    (told,) = log.as_json()
    assert (told["started_secs"], told["first_byte_secs"], told["ended_secs"]) == (1.0, 2.0, 4.0)
    assert told["sent_bytes"] == 15
    assert told["marks"] == [{"name": "final", "at_secs": 3.0, "chars": 3}]


def test_the_log_forgets_when_asked_and_when_full() -> None:
    log = RequestLog()
    for number in range(2_100):
        log.open(str(number), "text_to_speech")
    assert len(log.as_json()) == 2_000
    log.clear()
    assert log.as_json() == []

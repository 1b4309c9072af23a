"""What is remembered of sessions."""

from __future__ import annotations

from bot.rooms.records import UNKNOWN_REASON, SessionRecords


def test_first_known_reason_stays() -> None:
    records = SessionRecords()
    records.note_ended("1", UNKNOWN_REASON)
    records.note_ended("1", "caller_left")
    records.note_ended("1", "error")
    record = records.find("1")
    assert record is not None
    assert record.end_reason == "caller_left"


def test_strange_reason_is_not_repeated() -> None:
    records = SessionRecords()
    records.note_ended("1", "<script>")
    record = records.find("1")
    assert record is not None
    assert record.end_reason == UNKNOWN_REASON


def test_oldest_are_forgotten() -> None:
    records = SessionRecords()
    for number in range(10_001):
        records.note_started(str(number))
    assert records.find("0") is None
    assert records.find("10000") is not None

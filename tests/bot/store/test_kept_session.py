"""How long a session has gone on, as the next bot finds it: by clocks that were set, or differ."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.call.handover import TAKE_SECS
from bot.session_log.session_log import SessionLog
from bot.spent import Spent
from bot.store.kept_session import SILENT_SECS, used_of
from bot.store.sessions import load_session
from bot.store.store import open_store
from tests.fake_clock import FakeClock
from tools.calls.announcements import Announcements
from tools.reminders import Reminders

_ID = "0123456789abcdef0123"


@pytest.mark.promise(
    "Lost bots", "Reminders and the time limit outlive the bot that was told of them."
)
@pytest.mark.promise(
    "Lost bots", "A clock that was set, or is another machine's, costs a call little of its time."
)
@pytest.mark.parametrize(
    ("told_secs", "most_secs", "passed_secs"),
    [
        (0.0, SILENT_SECS, 0.0),
        (20.0, SILENT_SECS, 20.0),
        (3_600.0, SILENT_SECS, SILENT_SECS),
        (3_600.0, TAKE_SECS, TAKE_SECS),
        (-3_600.0, SILENT_SECS, 0.0),
    ],
    ids=["at once", "after a while", "set forward", "set forward, given", "set back"],
)
async def test_time_goes_on_by_what_the_bots_have_counted(
    tmp_path: Path, told_secs: float, most_secs: float, passed_secs: float
) -> None:
    clock, wall = FakeClock(), FakeClock()
    wall.now = time.time()
    reminders = Reminders(announcements=Announcements(), clock=clock, wake=lambda: None)
    async with open_store(tmp_path) as store:
        first = SessionLog(session_id=_ID, store=store, now_secs=wall, clock_secs=clock)
        first.watch(usage=Spent, reminders=reminders)
        first.caller_joined()
        first.words_heard("Hello.")
        clock.now += 100.0
        # Its own wall clock was set before it died.
        wall.now -= 50_000.0
        reminders.set("tea", delay_secs=300.0, text="Tea!")
        await first.close()
        wall.now += told_secs
        second = SessionLog(session_id=_ID, store=store, now_secs=wall, clock_secs=FakeClock())
        known = await second.take_over(silent_secs=most_secs)
        assert known is not None
        assert known.lasted_secs == pytest.approx(100.0 + passed_secs, abs=0.01)
        (tea,) = known.timers
        assert tea.due_at - known.seen_at == pytest.approx(300.0 - passed_secs, abs=0.01)
        assert known.seen_at == wall.now
        second.words_heard("I am back.")
        await second.close()
        kept = await load_session(store, _ID)
        assert kept is not None
        assert kept.turns[-1].began_ms == pytest.approx(1000 * (100.0 + passed_secs), abs=10)


@pytest.mark.parametrize(
    ("text", "clock_ms"),
    [
        ("", 0),
        ("{}", 0),
        ('{"clock_ms": 5}', 5),
        ('{"clock_ms": -5}', 0),
        ('{"clock_ms": "soon"}', 0),
        ('{"clock_ms": null}', 0),
        ('{"clock_ms": 1e999}', 0),
        ("[]", 0),
        ("[" * 100_000, 0),
    ],
)
def test_a_clock_that_is_not_to_be_read_has_not_gone_yet(text: str, clock_ms: int) -> None:
    assert used_of(text)["clock_ms"] == clock_ms

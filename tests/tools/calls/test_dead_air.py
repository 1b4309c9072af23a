from __future__ import annotations

import pytest

from tests.tools.sample_tools import leave, look_up
from tools.calls.call import Call, CallRequest, CallState
from tools.calls.dead_air import FILLER_AFTER_SECS, PROGRESS_EVERY_SECS, DeadAir
from tools.english import ENGLISH
from tools.tool import Tool, tool


@tool(filler="Let me look.")
async def with_words() -> object:
    """Look."""
    return None


def _running(used: Tool, *, started_secs: float = 0.0, batch: int = 1) -> Call:
    call = Call(CallRequest("id", used, {}), batch=batch, turn=1, step=1, is_after_data=False)
    call.state = CallState.RUNNING
    call.started_secs = started_secs
    return call


def _words(air: DeadAir, call: Call, now_secs: float, silence_secs: float = 9.0) -> str | None:
    return air.next_words([call], now_secs=now_secs, silence_secs=silence_secs)


def test_a_filler_comes_after_a_silence_and_only_once() -> None:
    air, call = DeadAir(ENGLISH.sentences), _running(look_up)
    assert _words(air, call, 0.6, silence_secs=FILLER_AFTER_SECS - 0.1) is None
    assert _words(air, call, 0.8, silence_secs=FILLER_AFTER_SECS) == "One moment."
    assert _words(air, call, 1.0) is None


def test_a_call_that_has_just_begun_is_given_a_chance() -> None:
    air, call = DeadAir(ENGLISH.sentences), _running(look_up, started_secs=5.0)
    assert _words(air, call, 5.2) is None
    assert _words(air, call, 5.4) == "One moment."


@pytest.mark.promise(
    "Tools", "A tool that takes longer than a breath is bridged by a word, whatever came before it."
)
def test_a_call_that_follows_another_one_at_once_has_a_word_of_its_own() -> None:
    air = DeadAir(ENGLISH.sentences)
    assert _words(air, _running(look_up), 1.0) is not None
    # Nobody has looked since: the first one's end was not seen.
    follower = _running(look_up, started_secs=1.5, batch=2)
    assert _words(air, follower, 2.5) is not None
    assert _words(air, follower, 3.5) is None


def test_fillers_vary() -> None:
    air = DeadAir(ENGLISH.sentences)
    said: list[str | None] = []
    for _ in range(4):
        said.append(_words(air, _running(look_up), 1.0))
        assert air.next_words([], now_secs=2.0, silence_secs=9.0) is None
    assert len(set(said)) == 4


def test_a_tool_may_bring_its_own_words() -> None:
    assert _words(DeadAir(ENGLISH.sentences), _running(with_words), 1.0) == "Let me look."


def test_progress_follows_at_intervals_and_is_the_tools_own_if_it_tells() -> None:
    air, call = DeadAir(ENGLISH.sentences), _running(look_up)
    assert _words(air, call, 1.0) == "One moment."
    assert _words(air, call, PROGRESS_EVERY_SECS) is None
    first = _words(air, call, 1.0 + PROGRESS_EVERY_SECS)
    assert first is not None
    call.progress = "Half of it is done."
    assert _words(air, call, 1.0 + 2 * PROGRESS_EVERY_SECS) == "Half of it is done."


def test_nobody_waits_for_a_hang_up_or_for_what_was_spoken_over() -> None:
    assert _words(DeadAir(ENGLISH.sentences), _running(leave), 5.0) is None
    call = _running(look_up)
    call.has_outlived_turn = True
    assert _words(DeadAir(ENGLISH.sentences), call, 5.0) is None

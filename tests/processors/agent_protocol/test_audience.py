from __future__ import annotations

import pytest
from typing_extensions import override

from processors.agent_protocol.audience import Audience
from processors.agent_protocol.events import ConversationListener
from processors.floor import Floor


class Guest(ConversationListener):
    """Notes what it hears, and what the floor says then; may fail."""

    def __init__(self, name: str, notes: list[str], floor: Floor, *, fails_at: str = "") -> None:
        self._name = name
        self._notes = notes
        self._floor = floor
        self._fails_at = fails_at

    @override
    def began(self) -> None:
        self._note("began")

    @override
    def ended(self, reason: str) -> None:
        self._note(f"ended {reason}")

    @override
    async def close(self) -> None:
        self._note("close")

    @override
    def caller_started(self) -> None:
        speakers = (self._floor.is_caller_turn, self._floor.is_bot_speaking)
        self._note(f"caller started {speakers}")

    @override
    def playout_stopped(self, *, is_interrupted: bool) -> None:
        self._note(f"bot stopped {self._floor.is_bot_speaking}")

    def _note(self, what: str) -> None:
        self._notes.append(f"{self._name}: {what}")
        if what == self._fails_at:
            raise ConnectionError("the network is gone")


async def test_the_floor_is_as_of_the_event_for_every_listener() -> None:
    floor, notes = Floor(), list[str]()
    audience = Audience(floor=floor, listeners=[Guest(n, notes, floor) for n in "ab"])
    audience.tell(lambda to: to.playout_started())
    audience.tell(lambda to: to.caller_started())
    audience.tell(lambda to: to.playout_stopped(is_interrupted=True))
    audience.tell(lambda to: to.caller_stopped(has_words=True))
    assert notes == [
        "a: caller started (True, True)",
        "b: caller started (True, True)",
        "a: bot stopped False",
        "b: bot stopped False",
    ]
    assert not floor.is_caller_turn


@pytest.mark.promise(
    "Captions and clients",
    "A listener that fails, as on half a character, keeps no other from an event.",
)
async def test_one_that_fails_on_an_event_keeps_no_other_from_it() -> None:
    floor, notes = Floor(), list[str]()
    guests = [Guest(n, notes, floor, fails_at="bot stopped False") for n in "ab"]
    audience = Audience(floor=floor, listeners=guests)
    audience.tell(lambda to: to.playout_stopped(is_interrupted=True))
    audience.tell(lambda to: to.caller_started())
    assert notes[:2] == ["a: bot stopped False", "b: bot stopped False"]
    assert len(notes) == 4


@pytest.mark.parametrize(
    ("name", "step"), [(n, s) for n in "abc" for s in ("ended goodbye", "close")]
)
async def test_one_that_fails_at_the_end_keeps_no_other_from_it(name: str, step: str) -> None:
    floor, notes = Floor(), list[str]()
    guests = [Guest(n, notes, floor, fails_at=step if n == name else "") for n in "abc"]
    audience = Audience(floor=floor, listeners=guests)
    with pytest.raises(ConnectionError):
        await audience.close(reason="goodbye")
    assert notes == [
        "a: ended goodbye",
        "b: ended goodbye",
        "c: ended goodbye",
        "c: close",
        "b: close",
        "a: close",
    ]

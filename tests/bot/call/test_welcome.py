"""What a caller hears who comes back, by how long they were away and what was being said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest
from typing_extensions import override

from bot.call.lines import Lines
from bot.call.welcome import GO_ON_SECS, Welcome
from bot.languages.choice import language_for
from tools.runtime.runtime import ToolRuntime

_SAID = language_for("en").session
_LATE_SECS = GO_ON_SECS + 1.0


@dataclass
class _Speech:
    is_under_way: bool = False
    is_begun: bool = False


class _Told(Lines):
    """Lines that are written down."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[object] = []

    @override
    def say(self, text: str, *, is_remembered: bool = True) -> None:
        del is_remembered
        self.told.append(text)

    @override
    def cut(self) -> None:
        self.told.append("cut")

    @override
    def listen_anew(self, *, nudge_secs: float) -> None:
        assert nudge_secs == 20.0


@dataclass
class _Tools:
    is_asking: bool = False
    held: int = 0
    is_again: bool | None = None

    def hold_question(self) -> None:
        self.held += 1

    def put_question(self, *, is_again: bool) -> None:
        self.is_again = is_again


@pytest.mark.promise(
    "What the caller hears", "A caller who was away for long is told that the bot is there."
)
@pytest.mark.parametrize(
    ("away_secs", "speech", "is_asking", "told", "is_again"),
    [
        (1.0, _Speech(), False, [], True),
        (GO_ON_SECS, _Speech(True, True), False, [], False),
        (GO_ON_SECS, _Speech(), True, [], True),
        (_LATE_SECS, _Speech(), False, [_SAID.back], True),
        (_LATE_SECS, _Speech(True, True), False, ["cut", _SAID.back_cut], True),
        (_LATE_SECS, _Speech(True, True), True, ["cut", _SAID.back], True),
        # Made while nobody was there: it is heard from its beginning, and says enough.
        (_LATE_SECS, _Speech(True, False), False, [], False),
    ],
)
def test_what_is_said_to_who_comes_back(
    away_secs: float, speech: _Speech, is_asking: bool, told: list[Any], is_again: bool
) -> None:
    lines, tools = _Told(), _Tools(is_asking)
    welcome = Welcome(
        lines=lines,
        sentences=_SAID,
        speech=speech,
        tools=cast(ToolRuntime, tools),
        nudge_secs=20.0,
    )
    welcome.caller_left()
    assert (tools.held, lines.told) == (1, [])
    welcome.caller_back(away_secs=away_secs)
    assert lines.told == told
    assert tools.is_again is is_again

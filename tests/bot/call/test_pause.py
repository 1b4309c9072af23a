"""When a call rests, and when it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from bot.call.course import Phase
from bot.call.lines import Lines
from bot.call.pause import OWED_SECS, UNSETTLED_SECS, Pause
from processors.agent_protocol.events import Side, ToolCall, ToolOutcome
from processors.floor import Floor
from tests.fake_clock import FakeClock


def _outcome(*, is_answered: bool) -> ToolOutcome:
    return ToolOutcome(
        call_id="1",
        name="weather",
        result="{}",
        is_error=False,
        is_cancelled=False,
        is_answered=is_answered,
    )


@dataclass
class Talk:
    """A call at rest, to be disturbed."""

    clock: FakeClock = field(default_factory=FakeClock)
    course: Any = field(default_factory=lambda: SimpleNamespace(phase=Phase.LIVE, is_away=False))
    speech: Any = field(default_factory=lambda: SimpleNamespace(is_under_way=False))
    tools: Any = field(
        default_factory=lambda: SimpleNamespace(
            is_busy=False, announcer=SimpleNamespace(is_floor_free=True)
        )
    )
    lines: Lines = field(default_factory=Lines)

    def __post_init__(self) -> None:
        self.floor = Floor(clock_secs=self.clock)
        self.pause = Pause(
            course=self.course,
            floor=self.floor,
            speech=self.speech,
            lines=self.lines,
            tools=self.tools,
            clock_secs=self.clock,
        )


def _answered(talk: Talk) -> None:
    talk.pause.caller_stopped(has_words=True)
    talk.pause.turn_added(Side.CALLER, "Hi.")
    talk.pause.reply_started()
    talk.pause.reply_written(has_words=True)
    talk.pause.playout_started()
    talk.pause.turn_added(Side.BOT, "Hello.")


def _with_tool(talk: Talk, *ends: ToolOutcome) -> None:
    talk.pause.caller_stopped(has_words=True)
    talk.pause.reply_started()
    talk.pause.tools_started([ToolCall("1", "weather")])
    talk.pause.reply_written(has_words=False)
    for end in ends:
        talk.pause.tool_ended(end)


def _set(name: str, value: object, *path: str) -> Callable[[Talk], None]:
    def change(talk: Talk) -> None:
        target: Any = talk
        for step in path:
            target = getattr(target, step)
        setattr(target, name, value)

    return change


_AT_REST: dict[str, Callable[[Talk], None]] = {
    "nothing was said": lambda talk: None,
    "the answer was heard and is remembered": _answered,
    "a cough was heard": lambda talk: talk.pause.caller_stopped(has_words=False),
    "a tool has ended without a word": lambda talk: _with_tool(talk, _outcome(is_answered=False)),
    "the reply was cut": lambda talk: (
        talk.pause.reply_started(),
        talk.pause.interrupted(),
        talk.pause.turn_added(Side.BOT, "Well"),
    )[-1],
    "the words are settled": lambda talk: (
        talk.pause.caller_fell_silent(0.2),
        talk.pause.caller_words_settled(),
    )[-1],
    "a line was heard": lambda talk: (talk.lines.say("Hm?"), talk.pause.playout_started())[-1],
}
_UNDER_WAY: dict[str, Callable[[Talk], None]] = {
    "nobody has come": _set("phase", Phase.WAITING, "course"),
    "it ends": _set("phase", Phase.ENDING, "course"),
    "it is over": _set("phase", Phase.OVER, "course"),
    "the caller is away": _set("is_away", True, "course"),
    "the bot speaks": lambda talk: talk.floor.bot_began(),
    "the bot's words are held": _set("is_under_way", True, "speech"),
    "the caller's turn is on": lambda talk: talk.floor.caller_began(),
    "a voice is heard": lambda talk: talk.floor.voice_began(),
    "words are unsettled": lambda talk: talk.pause.caller_fell_silent(0.2),
    "words come in": lambda talk: talk.pause.caller_words("What", is_final=False),
    "the turn is to be answered": lambda talk: talk.pause.caller_stopped(has_words=True),
    "what was typed is to be answered": lambda talk: talk.pause.turn_added(Side.CALLER, "Hi."),
    "the model writes": lambda talk: talk.pause.reply_started(),
    "the reply is not heard yet": lambda talk: talk.pause.reply_written(has_words=True),
    "a tool runs": _with_tool,
    "its result is to be answered": lambda talk: _with_tool(talk, _outcome(is_answered=True)),
    "an answer is late": lambda talk: talk.pause.answer_delayed(),
    "a question waits, or is asked": _set("is_busy", True, "tools"),
    "a tool is about to say something": _set("is_floor_free", False, "tools", "announcer"),
    "the session is about to say something": lambda talk: talk.lines.say("Are you there?"),
}


@pytest.mark.promise(
    "Lost bots", "A call is handed over only while nobody speaks or is owed a word."
)
@pytest.mark.parametrize("moment", _AT_REST)
def test_a_call_rests_between_two_turns(moment: str) -> None:
    talk = Talk()
    _AT_REST[moment](talk)
    assert talk.pause.is_on


@pytest.mark.promise(
    "Lost bots", "A call is handed over only while nobody speaks or is owed a word."
)
@pytest.mark.parametrize("moment", _UNDER_WAY)
def test_a_call_does_not_rest_in_a_turn(moment: str) -> None:
    talk = Talk()
    _UNDER_WAY[moment](talk)
    assert not talk.pause.is_on


@pytest.mark.parametrize(
    ("moment", "limit_secs"),
    [
        ("the turn is to be answered", OWED_SECS),
        ("the reply is not heard yet", OWED_SECS),
        ("words are unsettled", UNSETTLED_SECS),
    ],
)
@pytest.mark.promise(
    "Lost bots", "A call is handed over only while nobody speaks or is owed a word."
)
def test_what_never_comes_is_not_waited_for(moment: str, limit_secs: float) -> None:
    talk = Talk()
    _UNDER_WAY[moment](talk)
    talk.clock.now += limit_secs + 0.1
    assert talk.pause.is_on

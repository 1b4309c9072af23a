"""Events of a conversation in, what the session says out; time jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from typing_extensions import override

from bot.call.course import Course, Phase
from bot.call.lines import Lines
from bot.call.supervisor import DEAD_SECS, Supervisor
from bot.languages.en import LANGUAGE
from processors.agent_protocol.events import Side, ToolCall, ToolOutcome
from processors.floor import Floor
from processors.room.microphone_signs import MicrophoneSigns
from tests.virtual_time import run_in_virtual_time

TROUBLES = LANGUAGE.troubles
NUDGE = LANGUAGE.session.nudge
AGAIN = "(asks the model again)"
IN_TIME_SECS = 3.0 - 1.5
"""After the end of a turn without words, which 1.5 s of silence ends."""


class Heard(Lines):
    """Keeps what is said, and when."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    @override
    def say(self, text: str, *, is_remembered: bool = True) -> None:
        self.said.append(text)

    @override
    def ask_again(self) -> None:
        self.said.append(AGAIN)


class Scene:
    """One call, seen from its supervisor."""

    def __init__(self) -> None:
        self.lines = Heard()
        self.clock_secs = asyncio.get_running_loop().time
        self.floor = Floor(clock_secs=self.clock_secs)
        self.course = Course(
            lines=self.lines,
            sentences=LANGUAGE.session,
            waits_secs=900.0,
            lasts_secs=900.0,
            resume_secs=9.0,
        )
        self.course.caller_joined()
        self.signs = MicrophoneSigns(clock_secs=self.clock_secs)
        self.it = Supervisor(self.lines, self.course, self.floor, self.signs, LANGUAGE)

    @property
    def said(self) -> list[str]:
        return self.lines.said

    def caller_begins(self) -> None:
        self.floor.caller_began()
        self.it.caller_started()

    def caller_ends(self, *, voiced_secs: float = 1.5, has_words: bool = False) -> None:
        self.floor.caller_ended(voiced_secs=voiced_secs)
        self.it.caller_stopped(has_words=has_words)

    def speaks(self, *, voiced_secs: float = 1.5, is_settled: bool = False) -> None:
        """The caller has a turn of which no words come."""
        self.caller_begins()
        self.it.caller_fell_silent(0.2)
        if is_settled:
            self.it.caller_words_settled()
        self.caller_ends(voiced_secs=voiced_secs)

    def says(self, text: str, *, is_taken: bool = True) -> None:
        """The caller has a turn of words."""
        self.caller_begins()
        self.it.caller_words(text, is_final=is_taken)
        self.caller_ends(has_words=True)
        if is_taken:
            self.it.turn_added(Side.CALLER, text)


def play(scene: Callable[[Scene], Awaitable[None]]) -> Scene:
    async def main() -> Scene:
        it = Scene()
        await scene(it)
        it.it.ended("goodbye")
        it.course.close()
        return it

    return run_in_virtual_time(main())


@pytest.mark.promise(
    "What the caller hears", "Speech of which no words come is asked about once, and a cough never."
)
def test_speech_without_words_is_asked_about_once() -> None:
    async def scene(it: Scene) -> None:
        it.speaks(voiced_secs=0.5, is_settled=True)
        await asyncio.sleep(5.0)
        assert it.said == []
        it.speaks(is_settled=True)
        assert it.said == [TROUBLES.not_caught]
        it.speaks(is_settled=True)
        await asyncio.sleep(5.0)
        assert it.said == [TROUBLES.not_caught]
        it.says("Hello.")
        it.it.reply_started()
        it.speaks(is_settled=True)
        assert it.said == [TROUBLES.not_caught] * 2

    play(scene)


@pytest.mark.promise(
    "Speech-to-text",
    "Within 3 s of speech that the recogniser does not answer, the caller hears that there is "
    "trouble hearing them, and once its words come they are not asked for.",
)
def test_a_recogniser_without_an_answer_is_told_of() -> None:
    async def scene(it: Scene) -> None:
        it.speaks()
        await asyncio.sleep(IN_TIME_SECS)
        assert it.said == [TROUBLES.hearing]
        it.it.caller_words("What time is it?", is_final=True)
        it.it.caller_words_settled()
        await asyncio.sleep(9.0)
        assert it.said == [TROUBLES.hearing]

    play(scene)


def test_a_recogniser_that_heard_nothing_after_all_says_so() -> None:
    async def scene(it: Scene) -> None:
        for wait_secs in (0.2, IN_TIME_SECS):
            it.said.clear()
            it.says("Hello.")
            it.it.reply_started()
            it.speaks()
            await asyncio.sleep(wait_secs)
            it.it.caller_words_settled()
            await asyncio.sleep(5.0)
            assert it.said[-1] == TROUBLES.not_caught
            assert len(it.said) == (2 if wait_secs > 1.0 else 1)

    play(scene)


def test_each_turn_of_an_outage_is_told_of() -> None:
    async def scene(it: Scene) -> None:
        for _ in range(2):
            it.speaks()
            await asyncio.sleep(IN_TIME_SECS)
        assert it.said == [TROUBLES.hearing] * 2

    play(scene)


def test_it_speaks_over_nobody() -> None:
    async def scene(it: Scene) -> None:
        it.speaks()
        it.floor.bot_began()
        await asyncio.sleep(5.0)
        it.floor.bot_ended()
        it.speaks()
        it.caller_begins()
        await asyncio.sleep(5.0)
        it.course.hung_up()
        it.speaks()
        it.speaks(is_settled=True)
        await asyncio.sleep(5.0)
        assert it.said == []

    play(scene)


@pytest.mark.promise(
    "What the caller hears",
    "A turn that nobody answers is told of within 3 s and given to the model once more.",
)
def test_a_turn_that_was_lost_on_its_way_is_asked_again() -> None:
    async def scene(it: Scene) -> None:
        it.says("What time is it?")
        await asyncio.sleep(3.0)
        assert it.said == [LANGUAGE.excuses.moment, AGAIN]

    play(scene)


def test_words_that_were_taken_back_are_asked_for() -> None:
    async def scene(it: Scene) -> None:
        it.says("Uh.", is_taken=False)
        await asyncio.sleep(3.0)
        assert it.said == [TROUBLES.not_caught]

    play(scene)


@pytest.mark.parametrize(
    "follows",
    [
        lambda it: it.reply_started(),
        lambda it: it.playout_started(),
        lambda it: it.tools_started([ToolCall("1", "look_up")]),
    ],
)
def test_a_turn_in_somebodys_hands_is_left_to_them(follows: Callable[[Supervisor], None]) -> None:
    async def scene(it: Scene) -> None:
        it.says("What time is it?")
        follows(it.it)
        await asyncio.sleep(60.0)
        assert it.said == []

    play(scene)


def test_a_tool_that_was_agreed_to_has_the_turn_until_it_ends() -> None:
    async def scene(it: Scene) -> None:
        it.it.tools_started([ToolCall("1", "send")])
        it.says("Yes.")
        await asyncio.sleep(3.0)
        assert it.said == []
        outcome = ToolOutcome("1", "send", {}, is_error=False, is_cancelled=False, is_answered=True)
        it.it.tool_ended(outcome)
        it.says("And now?")
        await asyncio.sleep(3.0)
        assert it.said

    play(scene)


@pytest.mark.promise(
    "What the caller hears",
    "A caller whose microphone is muted, missing or dead is told so, and is not taken for absent.",
)
@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (lambda signs: signs.came(is_muted=False), [NUDGE]),
        (lambda signs: None, [TROUBLES.microphone]),
        (lambda signs: signs.came(is_muted=True), [TROUBLES.microphone]),
        (lambda signs: (signs.came(is_muted=False), signs.went()), [TROUBLES.microphone]),
    ],
)
def test_a_microphone_that_is_off_is_told_of(
    happens: Callable[[MicrophoneSigns], object], said: list[str]
) -> None:
    async def scene(it: Scene) -> None:
        happens(it.signs)
        it.it.on_caller_silent()
        assert it.said == said
        it.said.clear()
        it.it.on_caller_silent()
        is_given_another_chance = said != [NUDGE]
        assert (it.course.phase is Phase.LIVE) is is_given_another_chance
        it.it.on_caller_silent()
        assert it.course.phase is not Phase.LIVE

    play(scene)


def test_a_microphone_that_gives_zeros_is_told_of() -> None:
    async def scene(it: Scene) -> None:
        it.signs.came(is_muted=False)
        await asyncio.sleep(DEAD_SECS + 1.0)
        it.it.on_caller_silent()
        assert it.said == [TROUBLES.microphone, NUDGE]
        it.said.clear()
        it.course.caller_spoke()
        it.signs.hear(b"\x01\x00")
        it.it.on_caller_silent()
        assert it.said == [NUDGE]

    play(scene)


def test_who_types_needs_no_microphone() -> None:
    async def scene(it: Scene) -> None:
        it.it.turn_added(Side.CALLER, "What time is it?")
        it.signs.hear(b"\x01\x00")
        it.it.on_caller_silent()
        assert it.said == [NUDGE]

    play(scene)

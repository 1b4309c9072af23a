"""When the bot speaks unasked, and whether the caller's words can be an answer to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pipecat.frames.frames import Frame

from processors.floor import Floor
from tests import fake_openai
from tests.tools.runtime.talk import Talk, calls, open_talk, words
from tests.tools.sample_tools import look_up, send
from tools.calls.call import Call
from tools.calls.commands import CallStarted
from tools.cancel_timer import cancel_timer
from tools.english import ENGLISH
from tools.reminders import Reminders
from tools.runtime.announcer import Announcer
from tools.set_timer import set_timer
from tools.tool import tool

Step = tuple[float, str]
ASKED = cast(Call, SimpleNamespace(call_id="1", question="Shall I send number 7?"))
_LATER: list[Step] = [(14.0, "bot ends"), (15.0, "caller begins")]


class Timeline:
    """An announcer on a floor where things happen when the test says."""

    def __init__(self) -> None:
        self.now_secs = 0.0
        self.floor = Floor(clock_secs=lambda: self.now_secs)
        self.announcer = Announcer(
            floor=self.floor,
            clock=lambda: self.now_secs,
            wake=lambda: None,
            sentences=ENGLISH.sentences,
        )

    def pass_by(self, *steps: Step) -> None:
        happens: dict[str, Callable[[], None]] = {
            "bot begins": partial(self._bot_says, "Shall I send number"),
            "model asks": partial(self._bot_says, "Shall I send it for you?"),
            "bot says else": partial(self._bot_says, "Sorry, I lost my voice for a moment."),
            "bot ends": self.floor.bot_ended,
            "caller begins": self.floor.caller_began,
            "caller ends": self.floor.caller_ended,
        }
        for self.now_secs, what in steps:
            happens[what]()
            if self.now_secs >= 10.0:
                self.announcer.note_question(ASKED, 10.0)

    def _bot_says(self, text: str) -> None:
        self.floor.bot_began()
        self.floor.heard_text = text


@pytest.mark.promise("Tools", "A yes counts only for a question the caller has heard.")
@pytest.mark.parametrize(
    ("steps", "was_heard"),
    [
        # The question is asked at 10.
        ([(10.2, "bot begins"), (12.0, "bot ends"), (13.0, "caller begins")], True),
        # Over its end, of which enough was heard.
        ([(10.2, "bot begins"), (11.5, "caller begins"), (11.6, "bot ends")], True),
        # Before it was heard at all: to whatever was said before.
        ([(10.1, "caller begins"), (10.5, "caller ends")], False),
        ([(9.0, "bot begins"), (10.1, "caller begins"), (10.2, "bot ends")], False),
        # Over its first syllable.
        ([(10.2, "bot begins"), (10.4, "caller begins"), (10.5, "bot ends")], False),
        # It was never heard.
        ([(8.0, "bot begins"), (9.0, "bot ends"), (14.0, "caller begins")], False),
        # Something else was heard in its place: its voice is not well.
        ([(10.2, "bot says else"), (12.0, "bot ends"), (13.0, "caller begins")], False),
        ([(8.0, "bot begins"), (9.0, "bot ends"), (11.0, "bot says else"), *_LATER], False),
        ([(10.2, "bot says else"), (12.0, "bot ends"), (13.0, "bot begins"), *_LATER], True),
        ([(10.2, "bot begins"), (12.0, "bot ends"), (13.0, "bot says else"), *_LATER], True),
        # The model has asked by itself, while the question was on its way.
        ([(10.2, "model asks"), (12.0, "bot ends"), (13.0, "caller begins")], False),
        # Nothing was said aloud since: it was typed.
        ([(8.0, "caller begins"), (9.0, "caller ends")], True),
    ],
)
def test_words_answer_a_question_that_was_heard_before_them(
    steps: list[Step], was_heard: bool
) -> None:
    line = Timeline()
    line.pass_by((1.0, "caller begins"), (2.0, "caller ends"), *steps)
    assert line.announcer.was_heard(ASKED, 10.0) == was_heard


@pytest.mark.promise("Tools", "A yes counts only for a question the caller has heard.")
async def test_a_yes_that_was_said_before_the_question_was_heard_causes_nothing() -> None:
    async with open_talk([send]) as talk:
        talk.model_says(calls(("send", {"number": 7})), words("What is it?"), words("It is sent."))
        await talk.caller_says("Send number seven.")
        await talk.until(lambda: talk.runtime.is_asking)
        await talk.caller_says("Yes.")
        await talk.until_spoken("What is it?")
        assert not _has_started(talk)
        talk.skipped_secs += 3.0  # the question the yes has cut is given up
        await talk.until(lambda: talk.spoken.count("Shall I send number 7?") == 1)
        await talk.until(lambda: talk.runtime.announcer.is_floor_free)
        await talk.caller_says("Yes.")
        await talk.until_spoken("It is sent.")


@pytest.mark.promise(
    "Tools", "A timer that is up is told once, and one that was cancelled or replaced never."
)
async def test_a_timer_is_told_once_and_a_cancelled_or_replaced_one_never() -> None:
    async with open_talk([set_timer, cancel_timer, look_up]) as talk:
        # There was something to wait for before, and then nothing.
        talk.model_says(calls(("look_up", {"number": 1})), words("One."))
        await talk.caller_says("Look it up.")
        await talk.until_spoken("One.")
        await _until_said(talk)
        timers = [(600, "tea"), (900, "eggs"), (1200, "tea"), (1500, "pie")]
        wishes = [("set_timer", {"duration_secs": secs, "label": label}) for secs, label in timers]
        talk.model_says(calls(*wishes), words("They are set."))
        talk.model_says(calls(("cancel_timer", {"label": "eggs"})), words("Done."))
        await talk.caller_says("Set them all.")
        await talk.until_spoken("They are set.")
        await talk.caller_says("And now without the eggs.")
        await talk.until_spoken("Done.")
        for due_secs, told in ((700, 0), (400, 0), (150, 1), (300, 2), (90_000, 2)):
            talk.skipped_secs += due_secs
            await talk.until(lambda told=told: len(_reminders(talk)) >= told)
            await _until_said(talk)
            assert len(_reminders(talk)) == told
        assert _reminders(talk) == [
            "Excuse me, your tea timer is up: 20 minutes.",
            "Excuse me, your pie timer is up: 25 minutes.",
        ]


@pytest.mark.promise("Tools", "A timer that is up is told when nobody speaks or is about to.")
async def test_a_timer_that_is_up_waits_for_an_answer_that_takes_its_time() -> None:
    async with open_talk([set_timer]) as talk:
        gate = asyncio.Event()

        async def slowly(request: Any) -> Any:
            await gate.wait()
            return await fake_openai.chat(*words("It is long."))(request)

        talk.model_says(calls(("set_timer", {"duration_secs": 60})), words("It is set."))
        talk.fake.answers.append(slowly)
        await talk.caller_says("Set a timer for a minute.")
        await talk.until_spoken("It is set.")
        await talk.caller_says("How long is the river?")
        await talk.until(lambda: len(talk.fake.requests) == 3)
        talk.skipped_secs += 62.0
        await _ticks()
        assert len(talk.fake.speech_requests) == 1
        gate.set()
        await talk.until_spoken("your timer is up")
        assert talk.spoken[1] == "It is long."


@pytest.mark.promise("Tools", "A timer that is up is told when nobody speaks or is about to.")
async def test_a_timer_that_is_up_waits_for_the_result_of_a_tool(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = asyncio.Event()
    # What is due is looked for in every gap, also while the result is on its way to the model.
    monkeypatch.setattr("tools.runtime.runtime._TICK_SECS", 0.0)
    monkeypatch.setattr("tools.runtime.announcer._TICK_SECS", 0.0)

    @tool(timeout_secs=3600.0, filler="Let me look.")
    async def look() -> str:
        """Look."""
        await gate.wait()
        return "There."

    async with open_talk([set_timer, look]) as talk:
        talk.model_says(calls(("set_timer", {"duration_secs": 60}), ("look", {})), words("There."))
        await talk.caller_says("Set a timer for a minute, and look.")
        await talk.until_spoken("Let me look.")
        talk.skipped_secs += 62.0
        await talk.until(lambda: len(talk.spoken) == 2)
        await _until_said(talk)
        talk.skipped_secs += 2.0
        await _until_said(talk)
        assert not _reminders(talk)
        gate.set()
        await talk.until_spoken("your timer is up")
        assert talk.spoken.index("There.") == len(talk.spoken) - 2


@pytest.mark.promise("Tools", "A caller who waits for a tool hears a word now and then.")
async def test_progress_is_told_every_seven_seconds() -> None:
    half, gate = asyncio.Event(), asyncio.Event()

    @tool(timeout_secs=3600.0)
    async def look(*, progress: Callable[[str], Awaitable[None]]) -> None:
        """Look.

        Args:
            progress: Tells how far it is.
        """
        await half.wait()
        await progress("Half of it is done.")
        await gate.wait()

    async with open_talk([look]) as talk:
        talk.model_says(calls(("look", {})), words("Nothing."))
        await talk.caller_says("Look.")
        await talk.until(lambda: len(talk.spoken) == 1)
        for count in (2, 3):
            await _until_said(talk)
            talk.skipped_secs += 4.0
            await _until_said(talk)
            assert len(talk.spoken) == count - 1
            talk.skipped_secs += 3.0
            await talk.until(lambda count=count: len(talk.spoken) == count)
            half.set()
        await talk.until_spoken("Half of it is done.")
        assert len(set(talk.spoken)) == 3
        gate.set()
        await talk.until_spoken("Nothing.")
        assert not any(said in str(talk.messages) for said in talk.spoken[:3])


async def test_what_is_said_before_the_pipeline_runs_is_said_in_order() -> None:
    outlet, pushed = Timeline().announcer.outlet, list[str]()

    async def push(frame: Frame) -> None:
        pushed.append(getattr(frame, "text", ""))

    for text in ("One.", "Two.", "Three."):
        await outlet.say(text)
    flowing = asyncio.create_task(outlet.flow(push))
    await asyncio.sleep(0.01)
    flowing.cancel()
    assert pushed == ["One.", "Two.", "Three."]


async def test_a_reminder_is_set_for_the_time_it_says() -> None:
    line = Timeline()
    reminders: Reminders = line.announcer.reminders
    await set_timer(90, "tea", reminders=reminders)
    assert line.announcer.next_wait_secs() == 1.0
    line.now_secs = 89.5
    assert reminders.remaining_secs() == {"tea": 0.5}
    assert line.announcer.next_wait_secs() == 0.5


def _reminders(talk: Talk) -> list[str]:
    return [said for said in talk.spoken if "Excuse me" in said]


def _has_started(talk: Talk) -> bool:
    return any(isinstance(event, CallStarted) for event in talk.events)


async def _ticks() -> None:
    """Let what is due be said: with nothing planned the runtime looks once a second."""
    await asyncio.sleep(1.2)


async def _until_said(talk: Talk) -> None:
    """Wait until what is due was heard, whatever that is."""
    await _ticks()
    await talk.until(lambda: talk.runtime.announcer.is_floor_free)

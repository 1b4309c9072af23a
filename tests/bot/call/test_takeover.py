"""A call is taken up again: its clock, its reminders, its memory, and what is said first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pipecat.frames.frames import EndFrame, Frame, LLMRunFrame, TTSSpeakFrame

from bot.call.course import TIME_LIMIT_NOTICE_SECS, Course, Phase
from bot.call.lines import Lines
from bot.call.recovery import Recovery
from bot.call.takeover import begin, take_over
from bot.languages.en import LANGUAGE as ENGLISH
from bot.rooms.job_plan import JobPlan
from bot.spent import Spent
from bot.store.kept_session import SILENT_SECS, WRITTEN_SECS, KeptSession, KeptTimer
from processors.agent_protocol.events import Stage
from processors.agent_protocol.session_feed import SessionFeed
from processors.turns.talk_context import TalkContext
from tests.bot.call.test_meter import Metered, tokens
from tests.bot.call.test_recovery import called, kept, said
from tests.fake_room import FakeRoom
from tests.virtual_time import run_in_virtual_time
from tools.runtime.runtime import ToolRuntime

_USED = {"modelUsage": [{"tts": {"model": "flash", "charactersCount": 40}}]}


class Call:
    """The parts that a taken-over call is put into."""

    def __init__(self, *, lasts_secs: float = 600.0, resume_secs: float = 60.0) -> None:
        self.lines = Lines()
        self.course = Course(
            lines=self.lines,
            sentences=ENGLISH.session,
            waits_secs=60.0,
            resume_secs=resume_secs,
            lasts_secs=lasts_secs,
        )
        self.meter = Metered()
        self.tools = ToolRuntime(tools=(), resources={})
        self.context = TalkContext()
        self.feed = SessionFeed(room=FakeRoom().room)
        self.instructions: list[str] = []
        self.find: Callable[[KeptSession], None] = lambda _: None
        self.silent_secs = 0.0

    async def take_over(
        self,
        session: KeptSession | None,
        *,
        takeover: int = 1,
        is_parked: bool = False,
        has_other_bot: bool = False,
    ) -> Recovery:
        async def load(
            when_found: Callable[[KeptSession], None], silent_secs: float
        ) -> KeptSession | None:
            self.silent_secs = silent_secs
            self.find = when_found
            return session

        async def look() -> bool:
            return has_other_bot

        model = SimpleNamespace(append_system_instruction=self.instructions.append)
        return await take_over(
            JobPlan(session_id="s", takeover=takeover, is_parked=is_parked),
            cast(Any, SimpleNamespace(take_over=load)),
            self.course,
            self.meter.meter,
            self.tools,
            cast(Any, SimpleNamespace(context=self.context, language_model=model)),
            ENGLISH,
            cast(Any, SimpleNamespace(has_other_bot=look)),
            self.feed,
        )

    def first_frames(self) -> list[Frame]:
        frames: asyncio.Queue[Frame] = self.lines._frames  # pyright: ignore[reportPrivateUsage]
        return [frames.get_nowait() for _ in range(frames.qsize())]


@pytest.mark.promise(
    "Lost bots", "Reminders and the time limit outlive the bot that was told of them."
)
def test_reminders_and_the_time_limit_go_on() -> None:
    async def story() -> None:
        call = Call(lasts_secs=600.0)
        session = replace(
            kept(said(1, "assistant", "Hi."), said(2, "user", "Set a timer.")),
            clock_ms=500_000,
            timers=[KeptTimer(label="tea", text="Your tea is ready.", due_at=30.0)],
        )
        recovery = await call.take_over(session)
        assert call.context.messages == [*recovery.messages]
        assert 20.0 < call.tools.announcer.reminders.remaining_secs()["tea"] <= 30.0
        call.course.caller_joined()
        await asyncio.sleep(90.0)
        assert call.course.phase is Phase.LIVE
        await asyncio.sleep(20.0)
        assert call.course.phase is not Phase.LIVE

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Lost bots", "Reminders and the time limit outlive the bot that was told of them."
)
@pytest.mark.parametrize(
    ("resume_secs", "silent_secs"),
    [(1.0, SILENT_SECS), (60.0, SILENT_SECS), (1_800.0, 1_800.0 + WRITTEN_SECS)],
)
async def test_nothing_is_written_for_as_long_as_a_caller_is_waited_for_without_a_room(
    resume_secs: float, silent_secs: float
) -> None:
    call = Call(resume_secs=resume_secs)
    await call.take_over(kept(said(1, "assistant", "Hi.")))
    assert call.silent_secs == silent_secs


@pytest.mark.promise(
    "Captions and clients", "What a client reads of a call outlives the bot that told it."
)
@pytest.mark.promise("Lost bots", "What a call may use is counted on by the bot that takes over.")
async def test_what_the_call_has_used_is_counted_on() -> None:
    call = Call()
    used = Spent(call_ms=60_000, prompt_tokens=900, speech_chars=40, money_micros=7)
    session = replace(kept(said(1, "assistant", "Hi.")), usage=used, models=_USED)
    await call.take_over(session)
    # LiveKit's clients read it, and what was said, from this bot.
    assert call.feed.usage.to_dict() == _USED
    assert len(call.feed.items.all()) == 1
    meter = call.meter.meter
    meter.caller_joined()
    call.meter.clock.now += 2
    assert meter.so_far == used + Spent(call_ms=2_000)
    # The runner is told what both bots together have used, and the limit is one of the call.
    meter.measured(Stage.LANGUAGE_MODEL, [tokens(101)])
    await meter.close()
    assert call.meter.reports[-1].prompt_tokens == 1_001
    assert call.meter.spent == 1


@pytest.mark.promise(
    "Lost bots", "A reply that was cut is remembered as far as it was heard, and its rest is given."
)
@pytest.mark.parametrize("is_finished", [True, False])
async def test_the_rest_of_a_cut_reply_is_asked_for(*, is_finished: bool) -> None:
    call = Call()
    begun = said(2, "assistant", "Once upon", is_finished=is_finished)
    await call.take_over(kept(said(1, "user", "Tell me a story."), begun))
    assert cast(Any, call.context.messages[-1])["content"] == "Once upon"
    assert len(call.instructions) == (0 if is_finished else 1)


@pytest.mark.promise("Tools", "What may happen once in a session happens once, whichever bot asks.")
@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("done", [("s-key", True)]),
        *((state, [("s-key", False)]) for state in ("running", "timed_out", "cancelled")),
        *((state, []) for state in ("failed", "proposed", "confirming")),
    ],
)
async def test_what_was_tried_is_known_to_the_tools(
    monkeypatch: pytest.MonkeyPatch, state: str, expected: list[tuple[str, bool]]
) -> None:
    call, told = Call(), list[tuple[str, bool]]()

    def know(key: str, *, is_done: bool) -> None:
        told.append((key, is_done))

    monkeypatch.setattr(call.tools, "know_effect", know)
    tried = replace(called(2, "pay", state, result="{}"), idempotency_key="s-key")
    await call.take_over(kept(said(1, "user", "Pay."), tried))
    assert told == expected


async def test_a_call_that_only_begins_is_left_as_it_is() -> None:
    call = Call()
    assert await call.take_over(None, takeover=0) == Recovery()
    assert call.context.messages == []


@pytest.mark.promise(
    "Lost bots", "After a restart of LiveKit the call goes on in a new room, with its memory."
)
@pytest.mark.parametrize(
    ("told", "goes_on"),
    [
        # Sent for by somebody who does not know that the call has begun.
        ({}, True),
        ({"has_other_bot": True}, False),
        ({"is_parked": True}, False),
    ],
    ids=["unknown", "late", "parked"],
)
async def test_a_call_that_is_written_down_is_taken_over_whoever_sends_for_the_bot(
    told: dict[str, bool], goes_on: bool
) -> None:
    call = Call()
    session = kept(said(1, "assistant", "Hi."), said(2, "user", "Hello."))
    recovery = await call.take_over(session, takeover=0, **told)
    assert recovery.is_answer_due is goes_on
    assert bool(call.context.messages) is goes_on


@pytest.mark.promise(
    "Memory", "A talk that a store tells of late is remembered from then on, with its limits."
)
@pytest.mark.parametrize(
    ("lasted_secs", "left_secs"),
    [(100.0, 500.0), (590.0, TIME_LIMIT_NOTICE_SECS), (9_000.0, TIME_LIMIT_NOTICE_SECS)],
)
def test_what_is_found_late_is_remembered_and_counts(lasted_secs: float, left_secs: float) -> None:
    async def story() -> None:
        call = Call(lasts_secs=600.0)
        assert (await call.take_over(None)).goes_on
        call.course.caller_joined()
        call.context.add_message({"role": "user", "content": "Since then."})
        waiting = call.context.messages[-1]
        await asyncio.sleep(30.0)
        call.first_frames()
        timers = [KeptTimer(label="tea", text="Tea!", due_at=4_000.0)]
        talk = replace(
            kept(said(1, "user", "Book it."), called(2, "book", "running")),
            clock_ms=round(1000 * lasted_secs),
            usage=Spent(prompt_tokens=7),
            models=_USED,
            timers=timers,
            earlier=kept(said(1, "user", "Long ago.")),
        )
        call.find(talk)
        told = [message.get("content") for message in cast(Any, call.context.messages)]
        assert [told[0], told[1], told[-1]] == ["Long ago.", "Book it.", "Since then."]
        assert "It is not known whether it was done" in told[-2]
        # What is said next is still one turn with it.
        assert call.context.messages[-1] is waiting
        assert len(call.instructions) == 2
        assert call.meter.meter.so_far.prompt_tokens == 7
        assert len(call.feed.items.all()) == 3
        assert (call.feed.usage.to_dict(), call.feed.began_at) == (_USED, talk.began_at)
        assert list(call.tools.announcer.reminders.remaining_secs()) == ["tea"]
        await asyncio.sleep(left_secs - TIME_LIMIT_NOTICE_SECS + 1.0)
        assert call.course.phase is Phase.LIVE
        (notice,) = call.first_frames()
        assert getattr(notice, "text", "") == ENGLISH.session.time_limit_notice
        await asyncio.sleep(TIME_LIMIT_NOTICE_SECS)
        assert call.course.phase is Phase.ENDING
        call.course.close()
        await asyncio.sleep(4_000.0)  # until nothing waits for it any more

    run_in_virtual_time(story())


@pytest.mark.parametrize(
    ("recovery", "first"),
    [
        (Recovery(), [TTSSpeakFrame("Welcome.")]),
        (Recovery(sentence="Sorry."), [TTSSpeakFrame("Sorry.")]),
        (Recovery(sentence="Sorry.", is_answer_due=True), [TTSSpeakFrame("Sorry."), LLMRunFrame()]),
        (Recovery(sentence="Goodbye.", is_end=True), [TTSSpeakFrame("Goodbye."), EndFrame()]),
        (Recovery(is_end=True), [EndFrame()]),
    ],
)
async def test_what_is_said_first(recovery: Recovery, first: list[Frame]) -> None:
    call = Call()
    earlier = cast(Any, SimpleNamespace(begin=call.lines.say))
    begin(recovery, earlier, course=call.course, lines=call.lines, greeting="Welcome.")
    frames = call.first_frames()
    assert [type(frame) for frame in frames] == [type(frame) for frame in first]
    assert getattr(frames[0], "text", "") == getattr(first[0], "text", "")
    assert (call.course.phase is Phase.ENDING) is recovery.is_end
    call.course.close()

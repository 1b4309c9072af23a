"""What a session begins with that continues another one: memory, reminders, its first words."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pipecat.frames.frames import Frame, InterruptionFrame, TTSSpeakFrame

from bot.call.earlier_talk import EarlierTalk
from bot.call.lines import Lines
from bot.call.recovery import remembered
from bot.errors import StoreError
from bot.languages.en import LANGUAGE as ENGLISH
from bot.processes.task_set import TaskSet
from bot.rooms.job_plan import JobPlan
from bot.rooms.plan import RoomMetadata
from bot.store.kept_session import ENDED, KeptSession, KeptTimer
from processors.agent_protocol.session_items import SessionItems
from processors.turns.talk_context import TalkContext
from tests.bot.call.test_recovery import called, kept, said
from tests.virtual_time import run_in_virtual_time
from tools.runtime.runtime import ToolRuntime

_NOW_SECS = 10_000.0
_TALK = replace(
    kept(said(1, "user", "Set two timers."), said(2, "assistant", "Done.")),
    session_id="old",
    state=ENDED,
    seen_at=_NOW_SECS - 7_500.0,
)


class _Call:
    """A session that begins, its room, and a store that tells what it is given to tell."""

    def __init__(
        self, *told: KeptSession | StoreError | None, identity: str | None = "caller-s"
    ) -> None:
        self.lines = Lines()
        self.tools = ToolRuntime(tools=(), resources={})
        self.context = TalkContext()
        self.items = SessionItems()
        self.instructions: list[str] = []
        self.asked: list[str] = []
        self.hangs_after: int | None = None
        self.room = SimpleNamespace(metadata="")
        self._told = list(told)
        self._plan = JobPlan(session_id="s", caller_identity=identity)

    def given_to_continue(self, session_id: str = "old") -> None:
        self.room.metadata = RoomMetadata(session_id="s", continues=session_id).to_json()

    @property
    def memory(self) -> list[Any]:
        return list(self.context.messages)

    def earlier(self, tasks: TaskSet) -> EarlierTalk:
        model = SimpleNamespace(append_system_instruction=self.instructions.append)
        return EarlierTalk(
            plan=self._plan,
            room=cast(Any, self.room),
            log=cast(Any, SimpleNamespace(go_on_with=self._go_on_with)),
            lines=self.lines,
            tools=self.tools,
            pipeline=cast(Any, SimpleNamespace(language_model=model, context=self.context)),
            language=ENGLISH,
            items=self.items,
            tasks=tasks,
            now_secs=lambda: _NOW_SECS,
        )

    async def _go_on_with(self, session_id: str) -> KeptSession | None:
        if len(self.asked) == self.hangs_after:
            await asyncio.sleep(3600.0)
        self.asked.append(session_id)
        told = self._told.pop(0) if len(self._told) > 1 else self._told[0]
        if isinstance(told, StoreError):
            raise told
        return told

    def first(self) -> Sequence[str]:
        frames: asyncio.Queue[Frame] = self.lines._frames  # pyright: ignore[reportPrivateUsage]
        waiting = [frames.get_nowait() for _ in range(frames.qsize())]
        assert all(isinstance(one, InterruptionFrame | TTSSpeakFrame) for one in waiting)
        return [one.text if isinstance(one, TTSSpeakFrame) else "cut" for one in waiting]


async def _begun(call: _Call, *, changes_after: bool = False) -> Sequence[str]:
    async with TaskSet() as tasks:
        earlier = call.earlier(tasks)
        if not changes_after:
            call.given_to_continue()
        earlier.begin("Hello.")
        if changes_after:
            call.given_to_continue()
            earlier.room_changed()
            earlier.room_changed()
        await asyncio.sleep(5.0)
        return call.first()


@pytest.mark.promise(
    "Memory", "A call that has ended can be continued: a new bot goes on with the same memory."
)
@pytest.mark.parametrize(
    ("changes_after", "first"),
    [(False, []), (True, ["Hello.", "cut"])],
    ids=["a fresh room", "a parked one"],
)
def test_the_memory_comes_before_the_first_words(changes_after: bool, first: list[str]) -> None:
    async def story() -> None:
        call = _Call(_TALK)
        assert await _begun(call, changes_after=changes_after) == [
            *first,
            ENGLISH.session.continued,
        ]
        assert call.memory == list(_TALK.messages)
        assert call.asked == ["old"]
        assert len(call.items.all()) == len(_TALK.turns)
        assert len(call.instructions) == 1
        assert "2 hours ago" in call.instructions[0]

    run_in_virtual_time(story())


def test_a_call_that_continues_nothing_begins_as_always() -> None:
    async def story() -> None:
        call = _Call(_TALK)
        async with TaskSet() as tasks:
            earlier = call.earlier(tasks)
            earlier.begin("Hello.")
            # The runner may write other things there.
            call.room.metadata = RoomMetadata(session_id="s", is_admitted=True).to_json()
            earlier.room_changed()
            await asyncio.sleep(5.0)
        assert call.first() == ["Hello."]
        assert call.asked == []

    run_in_virtual_time(story())


def test_a_call_that_was_taken_over_hears_nothing_of_it_again() -> None:
    async def story() -> None:
        call = _Call(_TALK)
        async with TaskSet() as tasks:
            earlier = call.earlier(tasks)
            call.given_to_continue()
            earlier.room_changed()
            await asyncio.sleep(5.0)
        assert call.first() == []

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Memory", "Nobody but who held a call continues it, and nobody learns what was said in it."
)
def test_a_room_of_somebody_elses_program_gets_nobodys_memory() -> None:
    async def story() -> None:
        call = _Call(_TALK, identity=None)
        assert await _begun(call) == ["Hello."]
        assert call.memory == []

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Memory", "What was forgotten is not remembered, and a bot that knows nothing says so."
)
def test_a_bot_that_knows_nothing_says_so() -> None:
    async def story() -> None:
        call = _Call(None)
        assert await _begun(call, changes_after=True) == [
            "Hello.",
            "cut",
            ENGLISH.recovery.forgotten,
        ]
        assert call.memory == []

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Memory", "A talk that a store tells of late is remembered from then on, with its limits."
)
@pytest.mark.parametrize("told", [_TALK, None], ids=["kept", "forgotten"])
def test_a_talk_that_the_store_tells_of_late_is_remembered(told: KeptSession | None) -> None:
    async def story() -> None:
        fails = StoreError("store_failed", "restarting")
        call = _Call(fails, fails, fails, told)
        async with TaskSet() as tasks:
            call.given_to_continue()
            call.earlier(tasks).begin("Hello.")
            await asyncio.sleep(0.5)
            assert call.first() == [ENGLISH.recovery.forgotten]
            call.context.add_message({"role": "user", "content": "Since then."})
            await asyncio.sleep(60.0)
            assert call.first() == []
        since = [{"role": "user", "content": "Since then."}]
        assert call.memory == [*(told.messages if told else ()), *since]
        assert len(call.instructions) == (told is not None)
        assert len(call.asked) == 4

    run_in_virtual_time(story())


def test_a_reminder_that_was_set_since_is_not_the_late_one() -> None:
    async def story() -> None:
        fails = StoreError("store_failed", "restarting")
        timers = [
            KeptTimer(label=label, text=f"Your {label} is ready.", due_at=_NOW_SECS + 600.0)
            for label in ("tea", "cake")
        ]
        call = _Call(fails, fails, fails, replace(_TALK, timers=timers))
        reminders = call.tools.announcer.reminders
        async with TaskSet() as tasks:
            call.given_to_continue()
            call.earlier(tasks).begin("Hello.")
            await asyncio.sleep(0.5)
            reminders.set("tea", delay_secs=120.0, text="Your tea is ready.")
            await asyncio.sleep(60.0)
        left_secs = reminders.remaining_secs()
        assert left_secs.keys() == {"tea", "cake"}
        assert left_secs["tea"] <= 120.0
        for label in left_secs:
            reminders.cancel(label)
        await asyncio.sleep(600.0)  # until nothing waits for it any more

    run_in_virtual_time(story())


def test_a_call_that_has_just_ended_is_remembered_to_its_last_word() -> None:
    async def story() -> None:
        writing = replace(_TALK, state="live", messages=[])
        call = _Call(writing, writing, _TALK)
        assert await _begun(call) == [ENGLISH.session.continued]
        assert call.memory == list(_TALK.messages)
        # Of a bot that has died nothing more comes.
        dead = _Call(replace(_TALK, state="live"))
        assert await _begun(dead) == [ENGLISH.session.continued]
        assert dead.memory == list(_TALK.messages)

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Memory", "A call that has ended can be continued: a new bot goes on with the same memory."
)
@pytest.mark.parametrize("then", ["fails", "hangs", "fails and is back"])
def test_what_a_store_has_told_is_known_though_it_fails_then(then: str) -> None:
    async def story() -> None:
        written = replace(_TALK, state="live", messages=_TALK.messages[:1])
        fails = StoreError("store_failed", "restarting")
        call = _Call(written, *((fails, _TALK) if then == "fails and is back" else (fails,)))
        call.hangs_after = 1 if then == "hangs" else None
        async with TaskSet() as tasks:
            call.given_to_continue()
            call.earlier(tasks).begin("Hello.")
            await asyncio.sleep(1.5)
            assert call.first() == [ENGLISH.session.continued]
        assert call.memory == list((_TALK if then == "fails and is back" else written).messages)

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Memory", "A continued call repeats no reminder that is past, and does nothing a second time."
)
def test_reminders_that_are_past_are_not_repeated() -> None:
    async def story() -> None:
        timers = [
            KeptTimer(label="tea", text="Your tea is ready.", due_at=_NOW_SECS - 1.0),
            KeptTimer(label="cake", text="Your cake is ready.", due_at=_NOW_SECS + 600.0),
        ]
        call = _Call(replace(_TALK, timers=timers))
        await _begun(call)
        reminders = call.tools.announcer.reminders
        assert list(reminders.remaining_secs()) == ["cake"]
        reminders.cancel("cake")
        await asyncio.sleep(600.0)  # until nothing waits for it any more

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Memory", "A continued call repeats no reminder that is past, and does nothing a second time."
)
@pytest.mark.parametrize(
    ("state", "result", "expected"),
    [
        ("confirming", "", None),
        ("waiting", "", None),
        ("running", "", "It is not known whether it was done"),
        ("done", '{"booked": true}', "booked"),
    ],
)
def test_what_a_tool_did_is_known_and_what_was_only_asked_is_not_done(
    state: str, result: str, expected: str | None
) -> None:
    talk = kept(said(1, "user", "Book it."), called(2, "book_appointment", state, result=result))
    messages = remembered(talk, only_reads=lambda _: False)
    told = [str(one["content"]) for one in messages if one["role"] == "tool"]
    assert len(told) == (expected is not None)
    assert not told or str(expected) in told[0]


def test_a_chain_of_calls_is_remembered_up_to_a_summary() -> None:
    first = kept(said(1, "user", "First."))
    second = replace(kept(said(1, "user", "Second.")), earlier=first)
    third = replace(kept(said(1, "user", "Third.")), earlier=second)

    def words(talk: KeptSession) -> list[str]:
        return [one["content"] for one in remembered(talk, only_reads=lambda _: True)]

    assert words(third) == ["First.", "Second.", "Third."]
    short = replace(second, summary="In short.")
    assert words(replace(third, earlier=short)) == ["Second.", "Third."]

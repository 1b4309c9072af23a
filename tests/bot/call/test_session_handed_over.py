"""Two sessions in one room: the first one's worker takes its leave, and it gives its call away."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bench import voice
from bench.caller import Caller
from bot.languages.en import LANGUAGE as ENGLISH
from bot.rooms.plan import RoomMetadata, RoomPlan, new_session_id
from bot.rooms.watch.seen import BotState
from bot.store.kept_session import KeptSession
from bot.store.sessions import load_session, note_takeover
from bot.store.store import open_store
from tests.bot.call.session_call import Call, OpenCall, ask, greeted, said
from tests.bot.call.slow_timer import DONE, write_slow_timer
from tests.waiting import until

_LIMIT_SECS = 30.0
_GREETING = "Hello."
_LATE_SECS = 0.5
_FIRST_WORDS_SECS = 3.0


Say = Callable[[Caller, str], Awaitable[object]]


async def _speak(caller: Caller, text: str) -> None:
    await caller.say(voice.spoken(text))


async def _type(caller: Caller, text: str) -> None:
    await caller.type_text(text)


ways = pytest.mark.parametrize("say", [_speak, _type], ids=["spoken", "typed"])


@dataclass
class Pair:
    """A call, and the next bot for it."""

    first: Call
    caller: Caller
    open_next: Callable[[], Awaitable[Call]]
    data_dir: Path
    asked: list[str] = field(default_factory=list[str])

    async def handed_over(self) -> None:
        """Wait until the first bot has left, and not ended the call."""
        await asyncio.wait_for(asyncio.shield(self.first.task), _LIMIT_SECS)
        assert self.first.room.is_replaced
        assert self.first.room.reason == ""

    async def kept(self) -> KeptSession:
        async with open_store(self.data_dir) as store:
            kept = await load_session(store, self.first.plan.session_id)
        assert kept is not None
        return kept


@asynccontextmanager
async def pair(
    open_call: OpenCall, data_dir: Path, *, silence_is_meant: str = "", **settings: object
) -> AsyncGenerator[Pair]:
    """A greeted caller, and what a worker that comes would run."""
    async with open_store(data_dir):
        pass  # as the worker makes it
    settings["greeting"] = _GREETING
    async with (
        open_call(data_dir=data_dir, **settings) as first,
        first.join(silence_is_meant=silence_is_meant) as caller,
    ):
        await greeted(caller)
        ends: list[asyncio.Event] = []
        tasks: list[asyncio.Task[None]] = []

        async def open_next() -> Call:
            ready: asyncio.Future[Call] = asyncio.get_running_loop().create_future()
            end = asyncio.Event()
            plan = replace(first.plan, given_by=first.room.job_id)

            async def hold() -> None:
                async with open_call(data_dir=data_dir, plan=plan, **settings) as call:
                    ready.set_result(call)
                    await end.wait()

            ends.append(end)
            tasks.append(asyncio.create_task(hold()))
            return await ready

        try:
            yield Pair(first, caller, open_next, data_dir)
        finally:
            for end in ends:
                end.set()
            await asyncio.gather(*tasks)


@pytest.mark.promise(
    "Lost bots",
    "A bot whose worker is stopped gives its call, between two turns, to one of another worker.",
)
async def test_the_next_bot_has_the_call_without_a_word(
    open_call: OpenCall, tmp_path: Path
) -> None:
    async with pair(open_call, tmp_path) as call:
        spoken = await call.caller.say(voice.spoken("What time is it in London?"))
        await call.caller.wait_for_onset(spoken.u1_secs)
        await call.open_next()
        call.first.session.drain()
        await call.handed_over()
        assert "in london" in said(call.caller)
        heard = len(said(call.caller))
        # An apology would begin within a second, and a question would cut it.
        await asyncio.sleep(_FIRST_WORDS_SECS)
        assert said(call.caller)[heard:] == ""

        await ask(call.caller, "What did I just ask?")
        await call.caller.wait_until(lambda: "london" in said(call.caller)[heard:], _LIMIT_SECS)
        assert ENGLISH.recovery.back.lower() not in said(call.caller)
        assert said(call.caller).count(_GREETING.lower()) == 1
        kept = await call.kept()
        assert kept.end_reason is None
        assert [turn.text for turn in kept.turns if turn.who == "user"][0].startswith("What time")


@pytest.mark.promise(
    "Lost bots", "What the caller says while a call is handed over is answered, once."
)
@ways
async def test_words_in_the_very_moment_are_answered_once(
    open_call: OpenCall, tmp_path: Path, say: Say
) -> None:
    words = "What time is it in Tokyo?"
    voice.spoken(words)  # made ahead: it is said as soon as it is to be
    async with pair(open_call, tmp_path) as call:
        following = await call.open_next()
        joins, begins, join = asyncio.Event(), asyncio.Event(), following.room.connect

        async def join_late() -> None:
            joins.set()
            await begins.wait()
            await asyncio.sleep(_LATE_SECS)
            await join()

        following.room.connect = join_late
        call.first.session.drain()
        await joins.wait()
        heard = len(said(call.caller))
        begins.set()
        await say(call.caller, words)
        await call.handed_over()
        await call.caller.wait_until(lambda: "tokyo" in said(call.caller)[heard:], _LIMIT_SECS)
        await call.caller.wait_for_silence()
        assert said(call.caller)[heard:].count("tokyo") == 1
        texts = [turn.text.lower() for turn in (await call.kept()).turns if turn.who == "user"]
        assert "what time" in texts[-1]


@pytest.mark.promise(
    "Lost bots", "A call that no other bot takes goes on with the one that has it."
)
@ways
async def test_a_bot_that_does_not_take_its_call_is_not_waited_for(
    open_call: OpenCall, tmp_path: Path, say: Say
) -> None:
    why = "the call is the other bot's for the 6 s that it has to take it"
    async with pair(open_call, tmp_path, silence_is_meant=why) as call:
        following = await call.open_next()
        joined = asyncio.Event()

        async def hang() -> None:
            joined.set()
            await asyncio.Event().wait()

        following.room.connect = hang
        call.first.session.drain()
        await asyncio.wait_for(joined.wait(), _LIMIT_SECS)
        # It has the log by now, and dies.
        following.task.cancel()
        await asyncio.wait({following.task})
        heard = len(said(call.caller))
        await say(call.caller, "What time is it in Tokyo?")
        await call.caller.wait_until(lambda: "tokyo" in said(call.caller)[heard:], _LIMIT_SECS)
        await call.caller.wait_for_silence()
        assert said(call.caller)[heard:].count("tokyo") == 1
        assert not call.first.task.done()
        kept = await call.kept()
        assert "tokyo" in kept.turns[-1].text.lower()


@pytest.mark.promise(
    "Lost bots", "A call is not given away while a tool of it runs; what that did is told first."
)
async def test_a_call_is_given_away_after_what_runs_in_it(
    open_call: OpenCall, tmp_path: Path
) -> None:
    own, did = write_slow_timer(tmp_path)
    async with pair(open_call, tmp_path, tools_path=own) as call:
        await call.open_next()
        heard = len(said(call.caller))
        await call.caller.type_text("Set a timer for one minute.")
        await call.caller.wait_until(did.exists, _LIMIT_SECS)
        call.first.session.drain()
        await call.handed_over()
        assert did.read_text() == DONE
        assert "it is set" in said(call.caller)[heard:]
        assert said(call.caller)[heard:].count("it is set") == 1
        kept = await call.kept()
        assert [(one.name, one.state) for one in kept.tool_calls] == [("set_slow_timer", "done")]
        await ask(call.caller, "What time is it in Tokyo?")
        await call.caller.wait_until(lambda: "tokyo" in said(call.caller), _LIMIT_SECS)
        assert did.read_text() == DONE


@pytest.mark.promise(
    "Lost bots", "A question that waits for a yes is not given away, nor asked twice."
)
@ways
async def test_a_call_is_given_away_after_what_was_asked_in_it(
    open_call: OpenCall, tmp_path: Path, say: Say
) -> None:
    calendar = tmp_path / "days.sqlite"
    async with pair(open_call, tmp_path, appointments_file=calendar) as call:
        await call.open_next()
        heard = len(said(call.caller))
        await call.caller.type_text("Book a haircut for tomorrow at three.")
        await call.caller.wait_until(lambda: "?" in said(call.caller)[heard:], _LIMIT_SECS)
        call.first.session.drain()
        await call.caller.wait_for_silence()
        await asyncio.sleep(_LATE_SECS)
        await say(call.caller, "Yes.")
        await call.handed_over()
        with closing(sqlite3.connect(calendar)) as opened:
            assert len(opened.execute("SELECT * FROM appointments").fetchall()) == 1
        assert said(call.caller)[heard:].count("?") == 1
        await ask(call.caller, "What time is it in Tokyo?")
        await call.caller.wait_until(lambda: "tokyo" in said(call.caller), _LIMIT_SECS)


@pytest.mark.promise(
    "Lost bots",
    "A bot that waits parked leaves with its worker, and one that somebody has come for stays.",
)
@pytest.mark.parametrize("is_parked", [True, False], ids=["parked", "handed out"])
@pytest.mark.parametrize("store", [True, False], ids=["kept", "not kept"])
async def test_a_bot_whom_nobody_knows_leaves_with_its_worker(
    open_call: OpenCall, tmp_path: Path, agent_name: str, is_parked: bool, store: bool
) -> None:
    async with open_store(tmp_path):
        pass  # as the worker makes it
    plan = RoomPlan(agent_name=agent_name, session_id=new_session_id(), is_parked=True)
    async with open_call(data_dir=tmp_path, plan=plan, store=store) as call:
        await until(call.is_waiting, limit_secs=_LIMIT_SECS)
        if not is_parked:
            told = RoomMetadata(session_id=plan.session_id, is_admitted=True)
            await call.rooms.set_metadata(plan.room_name, told)
            await asyncio.sleep(_LATE_SECS)
        call.session.drain()
        if is_parked:

            async def is_gone() -> bool:
                return call.task.done() or bool(call.room.abandoned)

            await until(is_gone, limit_secs=_LIMIT_SECS)
            if call.room.abandoned:
                return  # Then its process ends, and LiveKit notices.
            # Its runner looks for a bot there, and makes another room ready.
            assert (call.room.reason, await call.rooms.bot_state(plan.room_name)) == (
                "",
                BotState.ABSENT,
            )
            assert await call.rooms.find(plan.room_name) is not None
        else:
            async with call.join() as caller:
                await greeted(caller)
            assert not call.task.done()


@pytest.mark.promise(
    "Lost bots", "A bot that was held up so long that another one has its call is gone at once."
)
@pytest.mark.parametrize("is_taken", [True, False])
async def test_a_bot_that_is_back_leaves_the_call_to_the_one_that_has_it(
    open_call: OpenCall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_taken: bool
) -> None:
    # As one that was lost later: it has held its session long enough.
    monkeypatch.setattr("bot.call.handover._HOLD_SECS", ())
    async with pair(open_call, tmp_path) as call:
        await ask(call.caller, "What time is it in London?")
        if is_taken:
            async with open_store(tmp_path) as store:
                await note_takeover(store, call.first.plan.session_id)
        call.first.room.room.emit("reconnected")
        await asyncio.sleep(_LATE_SECS)
        assert len(call.first.room.abandoned) == is_taken


@pytest.mark.promise("Lost bots", "A bot waits for the call it is to be given for as long as need.")
async def test_a_call_that_rests_late_is_given_all_the_same(
    open_call: OpenCall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pair(open_call, tmp_path) as call:
        monkeypatch.setattr("bot.call.course.NEVER_JOINED_SECS", 0.5)
        await call.open_next()
        await asyncio.sleep(2 * _LATE_SECS)
        call.first.session.drain()
        await call.handed_over()
        await ask(call.caller, "What time is it in Tokyo?")
        await call.caller.wait_until(lambda: "tokyo" in said(call.caller), _LIMIT_SECS)
        assert call.first.room.abandoned == []


@pytest.mark.promise("Lost bots", "A bot that is to end takes no call that is given.")
async def test_a_bot_that_waits_for_a_call_and_is_to_end_leaves(
    open_call: OpenCall, tmp_path: Path
) -> None:
    async with pair(open_call, tmp_path) as call:
        following = await call.open_next()
        following.session.say_farewell()
        await asyncio.wait_for(asyncio.shield(following.task), _LIMIT_SECS)
        assert following.room.is_replaced
        await ask(call.caller, "What time is it in Tokyo?")
        await call.caller.wait_until(lambda: "tokyo" in said(call.caller), _LIMIT_SECS)
        assert not call.first.task.done()

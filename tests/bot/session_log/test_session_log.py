from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.session_log.session_log import SessionLog
from bot.spent import Spent
from bot.store.kept_session import KeptSession
from bot.store.redaction import Redactor
from bot.store.sessions import delete_session, load_session
from bot.store.store import Store, open_store
from processors.agent_protocol.events import Side, Stage, ToolCall, ToolOutcome
from tests.fake_clock import FakeClock
from tools.calls.announcements import Announcements
from tools.calls.call import CallState
from tools.calls.commands import CallEnded, CallNeedsConfirmation, CallStarted
from tools.reminders import Reminders

_ID = "0123456789abcdef0123"


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path) as opened:
        yield opened


def _log(store: Store | None, clock: FakeClock | None = None) -> SessionLog:
    clock = clock or FakeClock()
    return SessionLog(session_id=_ID, language="en", store=store, clock_secs=clock)


async def _kept(store: Store, log: SessionLog) -> KeptSession:
    await log.end("idle")
    kept = await load_session(store, _ID)
    assert kept is not None
    return kept


def _said(kept: KeptSession) -> list[tuple[str, str, bool]]:
    return [(turn.who, turn.text, turn.is_cut) for turn in kept.turns]


def _contents(kept: KeptSession) -> list[Any]:
    return [(one["role"], one.get("content")) for one in kept.messages]


async def test_a_talk_is_kept_turn_by_turn_as_it_was_heard(store: Store) -> None:
    log = _log(store)
    log.caller_joined()
    log.know_person("Ada")
    log.words_heard("Hello.")
    log.turn_added(Side.BOT, "Hello.")
    log.playout_stopped(is_interrupted=False)
    log.caller_words("what time", is_final=False)
    log.caller_words("what time is it", is_final=True)
    log.turn_added(Side.CALLER, "What time is it?")
    log.words_heard("One moment.", is_remembered=False)
    log.words_heard(" It is")
    log.playout_stopped(is_interrupted=True)
    log.turn_added(Side.BOT, "It is")
    kept = await _kept(store, log)
    assert _said(kept) == [
        ("assistant", "Hello.", False),
        ("user", "What time is it?", False),
        ("assistant", "One moment. It is", True),
    ]
    assert _contents(kept) == [
        ("assistant", "Hello."),
        ("user", "What time is it?"),
        ("assistant", "It is"),
    ]
    assert all(turn.is_finished for turn in kept.turns)
    assert (kept.person, kept.state, kept.end_reason) == ("Ada", "ended", "idle")


@pytest.mark.promise("Memory", "A conversation is written down as it happens: in words, as heard.")
async def test_memory_and_sound_may_end_a_reply_in_any_order_and_number(store: Store) -> None:
    log = _log(store)
    log.caller_joined()
    # The sound pauses within a reply; then the next one begins before memory tells of the first.
    log.words_heard("One two")
    log.playout_stopped(is_interrupted=False)
    log.words_heard("three.")
    log.playout_stopped(is_interrupted=False)
    log.words_heard("Next")
    log.turn_added(Side.BOT, "One two three.")
    log.words_heard(" reply.")
    log.turn_added(Side.BOT, "Next reply.")
    kept = await _kept(store, log)
    assert [words for _, words, _ in _said(kept)] == ["One two", "three.", "Next reply."]
    assert _contents(kept) == [("assistant", "One two three."), ("assistant", "Next reply.")]


@pytest.mark.promise("Memory", "A conversation is written down as it happens: in words, as heard.")
async def test_words_that_memory_leaves_out_stay_out_of_it(store: Store) -> None:
    log = _log(store)
    log.caller_joined()
    log.words_heard("One moment.", is_remembered=False)
    log.words_heard(" It is")
    kept = await _kept(store, log)
    assert _said(kept) == [("assistant", "One moment. It is", False)]
    assert _contents(kept) == [("assistant", "It is")]


async def test_the_turn_under_way_is_known_word_for_word(store: Store) -> None:
    log = _log(store)
    log.caller_joined()
    log.turn_added(Side.CALLER, "typed")
    log.words_heard("Once upon")
    log.words_heard(" a")
    kept = await _kept(store, log)
    assert _contents(kept) == [("user", "typed"), ("assistant", "Once upon a")]
    assert [turn.is_finished for turn in kept.turns] == [True, False]


@pytest.mark.parametrize("is_told_first", [True, False], ids=["runtime first", "frames first"])
async def test_a_call_of_a_tool_is_followed_to_its_result(
    store: Store, is_told_first: bool
) -> None:
    log = _log(store)
    log.caller_joined()
    started = CallStarted("1", "book", {"day": "Monday"}, "key-1")
    if is_told_first:
        log.on_event(started)
    log.tools_started([ToolCall("1", "book", {"day": "monday"})])
    log.on_event(started)
    log.words_heard("I am at it.")
    log.turn_added(Side.BOT, "I am at it.")
    log.on_event(CallEnded("1", "book", CallState.DONE, {"ok": 1}, has_run=True))
    log.tool_ended(
        ToolOutcome("1", "book", {"ok": 1}, is_error=False, is_cancelled=False, is_answered=True)
    )
    kept = await _kept(store, log)
    (call,) = kept.tool_calls
    assert (call.name, call.arguments, call.state) == ("book", '{"day": "Monday"}', "done")
    assert (call.idempotency_key, call.result) == ("key-1", '{"ok": 1}')
    # Where the model reads it, behind what was said meanwhile.
    assert [role for role, _ in _contents(kept)] == ["assistant", "assistant", "tool"]
    assert kept.messages[1]["tool_calls"][0]["id"] == "1"


async def test_what_runs_and_what_is_asked_is_known(store: Store) -> None:
    log = _log(store)
    log.caller_joined()
    log.tools_started([ToolCall("1", "book"), ToolCall("2", "weather")])
    log.on_event(CallNeedsConfirmation("1", "book", "Shall I book it?"))
    log.on_event(CallStarted("2", "weather", {}))
    kept = await _kept(store, log)
    assert {call.name: call.state for call in kept.tool_calls} == {
        "book": "confirming",
        "weather": "running",
    }
    assert kept.question is not None
    assert (kept.question.call_id, kept.question.text) == ("1", "Shall I book it?")
    assert kept.messages == []


@pytest.mark.parametrize(
    "answer",
    [
        CallStarted("1", "book", {}),
        CallEnded("1", "book", CallState.CANCELLED, {}, has_run=False),
    ],
)
async def test_a_question_that_was_answered_waits_no_more(
    store: Store, answer: CallStarted | CallEnded
) -> None:
    log = _log(store)
    log.caller_joined()
    log.on_event(CallNeedsConfirmation("1", "book", "Shall I book it?"))
    log.on_event(answer)
    assert (await _kept(store, log)).question is None


async def test_timers_use_and_timings_are_kept(store: Store) -> None:
    clock = FakeClock()
    log = _log(store, clock)
    reminders = Reminders(announcements=Announcements(), clock=clock, wake=lambda: None)
    log.watch(usage=lambda: Spent(prompt_tokens=7), reminders=reminders)
    log.caller_joined()
    reminders.set("tea", delay_secs=60, text="Tea!")
    clock.now += 1.0
    log.caller_fell_silent(0.5)
    log.turn_added(Side.CALLER, "hi")
    clock.now += 0.25
    log.playout_started()
    log.words_heard("Hi.")
    log.measured(Stage.LANGUAGE_MODEL, [])
    kept = await _kept(store, log)
    assert [(timer.label, timer.text) for timer in kept.timers] == [("tea", "Tea!")]
    assert kept.usage.prompt_tokens == 7
    assert kept.turns[1].timings == '{"reply": 750}'
    assert [turn.began_ms for turn in kept.turns] == [1000, 1250]


@pytest.mark.promise(
    "Memory",
    "The bot that goes on with a session knows what was heard in it, and the one before writes no "
    "more.",
)
async def test_another_bot_goes_on_where_the_first_one_stopped(store: Store) -> None:
    first, second = _log(store), _log(store)
    first.caller_joined()
    first.know_person("Ada")
    first.turn_added(Side.CALLER, "one")
    first.on_event(CallNeedsConfirmation("1", "book", "Shall I?"))
    await first.close()
    known = await second.take_over()
    assert known is not None
    assert (known.takeovers, _contents(known)) == (1, [("user", "one")])
    first.turn_added(Side.CALLER, "the dead speak")
    second.turn_added(Side.CALLER, "two")
    await second.close()
    await first.end("error")
    still = await load_session(store, _ID)
    assert still is not None
    assert still.state == "live"
    kept = await _kept(store, second)
    assert [words for _, words, _ in _said(kept)] == ["one", "two"]
    assert kept.person == "Ada"
    assert kept.question is not None


async def test_a_summary_stands_for_what_is_forgotten(store: Store) -> None:
    log = _log(store)
    log.caller_joined()
    for text in ("yes", "pears", "yes", "plums"):
        log.turn_added(Side.CALLER, text)
    log.summarised("In short: fruit.", "yes and more")
    kept = await _kept(store, log)
    assert [words for _, words in _contents(kept)] == ["In short: fruit.", "yes", "plums"]


async def test_a_summary_of_all_there_was_stands_alone(store: Store) -> None:
    log = _log(store)
    log.caller_joined()
    log.turn_added(Side.CALLER, "pears")
    log.summarised("In short: fruit.", "")
    log.turn_added(Side.BOT, "Anything else?")
    kept = await _kept(store, log)
    assert [words for _, words in _contents(kept)] == ["In short: fruit.", "Anything else?"]


async def test_a_summary_may_end_in_turns_of_the_bot_before(store: Store) -> None:
    first, second = _log(store), _log(store)
    first.caller_joined()
    first.turn_added(Side.CALLER, "pears")
    first.turn_added(Side.CALLER, "plums")
    await first.close()
    assert await second.take_over() is not None
    second.summarised("In short: pears.", "plums")
    kept = await _kept(store, second)
    assert [words for _, words in _contents(kept)] == ["In short: pears.", "plums"]


async def test_a_summary_outlives_a_bot_whose_redactor_has_not_seen_it(
    store: Store, tmp_path: Path
) -> None:
    (file := tmp_path / "redact.py").write_text("import time\ntime.sleep(3600)\n")
    redactor = Redactor(file)
    first = _log(store)
    second = SessionLog(session_id=_ID, store=store, redactor=redactor, clock_secs=FakeClock())
    first.caller_joined()
    first.turn_added(Side.CALLER, "pears")
    first.summarised("In short: fruit.", "")
    await first.close()
    assert await second.take_over() is not None
    kept = await _kept(store, second)
    await redactor.close()
    assert kept.takeovers == 1
    assert _contents(kept) == [("user", "In short: fruit.")]


async def test_without_a_store_nothing_is_kept_and_nothing_fails() -> None:
    log = _log(None)
    log.caller_joined()
    log.turn_added(Side.CALLER, "hi")
    assert await log.take_over() is None
    await asyncio.wait_for(log.end("idle"), 5.0)


async def test_nobody_came_and_nothing_is_kept(store: Store) -> None:
    log = _log(store)
    await log.end("never_joined")
    assert await load_session(store, _ID) is None


async def test_what_is_used_after_the_last_turn_is_kept_at_the_end(store: Store) -> None:
    log, used = _log(store), [Spent(prompt_tokens=1)]
    reminders = Reminders(announcements=Announcements(), clock=FakeClock(), wake=lambda: None)
    log.watch(usage=lambda: used[0], reminders=reminders)
    log.caller_joined()
    log.words_heard("Goodbye.")
    await log.kept()
    used[0] = Spent(prompt_tokens=2)
    assert (await _kept(store, log)).usage == used[0]


async def _may_pay(log: SessionLog) -> bool:
    """Tell whether a tool of a bot may have an effect, once it is noted that it begins."""
    log.on_event(CallStarted("c1", "pay", {}, "key"))
    return await log.kept()


@pytest.mark.promise("Tools", "What may happen once in a session happens once, whichever bot asks.")
@pytest.mark.promise(
    "Lost bots", "A bot that was held up so long that another one has its call is gone at once."
)
async def test_a_bot_knows_whether_another_one_has_its_session(store: Store) -> None:
    log, other = _log(store), _log(store)
    assert not await log.is_taken()
    log.caller_joined()
    await log.settle()
    assert not await log.is_taken()
    await other.take_over()
    assert (await log.is_taken(), await other.is_taken()) == (True, False)
    assert (await _may_pay(log), await _may_pay(other)) == (False, True)
    await log.take_back()
    assert await _may_pay(log)
    assert (await log.is_taken(), await other.is_taken()) == (False, True)
    await delete_session(store, _ID)
    # Whoever is forgotten goes on, and nothing of it is kept.
    assert not await other.is_taken()
    assert await _may_pay(log)
    assert not await _log(None).is_taken()
    assert await _may_pay(_log(None))
    await log.close()
    await other.close()

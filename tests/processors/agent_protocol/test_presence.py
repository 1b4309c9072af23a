from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from processors.agent_protocol.events import Stage, ToolCall, ToolOutcome
from processors.agent_protocol.presence import ANSWER_PATIENCE_SECS, AgentState, Presence
from processors.floor import Floor
from processors.frames import Part
from tests.fake_room import FakeRoom, settle
from tests.told import told
from tests.virtual_time import run_in_virtual_time

LISTENING, THINKING, SPEAKING = AgentState.LISTENING, AgentState.THINKING, AgentState.SPEAKING


def presence_in(room: FakeRoom) -> Presence:
    floor = Floor()
    return told(Presence(room=room.room, floor=floor), floor)


def ready_presence(room: FakeRoom | None = None) -> Presence:
    presence = presence_in(room or FakeRoom())
    presence.began()
    return presence


def outcome(call_id: str, *, is_answered: bool = True) -> ToolOutcome:
    return ToolOutcome(call_id, "weather", {}, False, False, is_answered)


@pytest.mark.promise("Captions and clients", "Clients see the states of a turn in their order.")
async def test_the_room_sees_each_state_of_a_turn() -> None:
    room = FakeRoom()
    presence = presence_in(room)
    steps: list[Callable[[], None]] = [
        presence.began,
        lambda: presence.caller_stopped(has_words=True),
        presence.playout_started,
        lambda: presence.playout_stopped(is_interrupted=False),
    ]
    for step in steps:
        step()
        await settle()
    await presence.close()
    assert [write["lk.agent.state"] for write in room.local_participant.attribute_writes] == [
        "listening",
        "thinking",
        "speaking",
        "listening",
    ]


async def test_nothing_is_shown_before_the_bot_is_ready() -> None:
    room = FakeRoom()
    presence = presence_in(room)
    presence.reply_started()
    await settle()
    assert presence.state is AgentState.INITIALIZING
    assert room.local_participant.attribute_writes == []
    await presence.close()


async def test_the_bot_thinks_from_the_turn_through_its_tools_to_the_first_sample() -> None:
    presence = ready_presence()
    seen = [presence.state]
    for step in (
        presence.caller_started,
        lambda: presence.caller_stopped(has_words=True),
        presence.reply_started,
        lambda: presence.tools_started([ToolCall("1", "weather")]),
        lambda: presence.reply_written(has_words=False),
        lambda: presence.tool_ended(outcome("1")),
        presence.reply_started,
        lambda: presence.reply_written(has_words=True),
        presence.playout_started,
    ):
        step()
        seen.append(presence.state)
    assert seen == [LISTENING, LISTENING, *[THINKING] * 7, SPEAKING]
    await presence.close()


async def test_a_tool_still_running_after_the_first_words_is_thinking() -> None:
    presence = ready_presence()
    presence.reply_started()
    presence.tools_started([ToolCall("1", "weather")])
    presence.reply_written(has_words=True)
    presence.playout_started()
    presence.playout_stopped(is_interrupted=False)
    assert presence.state is THINKING
    await presence.close()


async def test_a_reply_written_while_it_plays_ends_in_listening() -> None:
    presence = ready_presence()
    presence.reply_started()
    presence.playout_started()
    presence.reply_written(has_words=True)
    presence.playout_stopped(is_interrupted=False)
    assert presence.state is LISTENING
    await presence.close()


async def test_an_interruption_returns_to_listening() -> None:
    presence = ready_presence()
    presence.reply_started()
    presence.playout_started()
    presence.caller_started()
    presence.interrupted()
    assert presence.state is SPEAKING, "it is still audible"
    presence.playout_stopped(is_interrupted=True)
    assert presence.state is LISTENING
    await presence.close()


async def test_a_caller_who_goes_on_during_thinking_is_listened_to() -> None:
    presence = ready_presence()
    presence.caller_stopped(has_words=True)
    presence.reply_started()
    presence.caller_started()
    presence.interrupted()
    assert presence.state is LISTENING
    await presence.close()


@pytest.mark.parametrize("stage", [Stage.LANGUAGE_MODEL, Stage.TEXT_TO_SPEECH])
async def test_a_failed_answer_returns_to_listening(stage: Stage) -> None:
    presence = ready_presence()
    presence.caller_stopped(has_words=True)
    presence.reply_started()
    presence.failed(stage)
    assert presence.state is LISTENING
    await presence.close()


async def test_a_failure_elsewhere_does_not_end_thinking() -> None:
    presence = ready_presence()
    presence.reply_started()
    presence.failed(Stage.SPEECH_TO_TEXT)
    assert presence.state is THINKING
    await presence.close()


async def test_an_empty_completion_or_an_empty_turn_returns_to_listening() -> None:
    presence = ready_presence()
    presence.caller_started()
    presence.caller_stopped(has_words=False)
    assert presence.state is LISTENING
    presence.reply_started()
    presence.reply_written(has_words=False)
    assert presence.state is LISTENING
    await presence.close()


async def test_a_tool_whose_result_is_not_answered_returns_to_listening() -> None:
    presence = ready_presence()
    presence.tools_started([ToolCall("1", "end_call"), ToolCall("2", "end_call")])
    presence.tool_ended(outcome("1", is_answered=False))
    assert presence.state is THINKING
    presence.tool_ended(outcome("2", is_answered=False))
    assert presence.state is LISTENING
    await presence.close()


def test_an_answer_that_never_becomes_audible_is_given_up() -> None:
    async def wait_in_vain() -> tuple[AgentState, AgentState]:
        presence = ready_presence()
        presence.reply_started()
        presence.reply_written(has_words=True)
        await asyncio.sleep(ANSWER_PATIENCE_SECS - 0.1)
        before = presence.state
        await asyncio.sleep(0.2)
        await presence.close()
        return before, presence.state

    assert run_in_virtual_time(wait_in_vain()) == (THINKING, LISTENING)


@pytest.mark.promise(
    "Captions and clients", "Why the call ended is the last the room learns of it."
)
async def test_the_end_reason_is_written_before_the_close_returns() -> None:
    room = FakeRoom()
    presence = ready_presence(room)
    presence.ended("goodbye")
    await presence.close()
    assert room.local_participant.attribute_writes[-1]["parley.end_reason"] == "goodbye"


async def test_a_room_that_is_gone_is_told_nothing() -> None:
    room = FakeRoom()
    presence = ready_presence(room)
    await settle()
    room.is_connected = False
    presence.ended("caller_left")
    await presence.close()
    assert [list(write) for write in room.local_participant.attribute_writes] == [
        ["lk.agent.state"]
    ]


async def test_changes_are_told_in_order() -> None:
    changes: list[tuple[AgentState, AgentState]] = []
    floor = Floor()

    def on_change(old: AgentState, new: AgentState) -> None:
        changes.append((old, new))

    presence = told(Presence(room=FakeRoom().room, floor=floor, on_change=on_change), floor)
    presence.began()
    presence.reply_started()
    presence.playout_started()
    assert changes == [
        (AgentState.INITIALIZING, LISTENING),
        (LISTENING, THINKING),
        (THINKING, SPEAKING),
    ]
    await presence.close()


@pytest.mark.promise(
    "Captions and clients",
    "The state that clients show is what the bot does: it ends when that ends.",
)
async def test_a_reply_that_was_cut_leaves_nothing_to_think_about() -> None:
    presence = ready_presence()
    presence.caller_stopped(has_words=True)
    presence.reply_started()
    presence.playout_started()
    presence.caller_started()
    # The model may never tell that it has finished.
    presence.interrupted()
    presence.playout_stopped(is_interrupted=True)
    presence.caller_stopped(has_words=False)
    assert presence.state is LISTENING
    await presence.close()


@pytest.mark.promise(
    "Captions and clients",
    "The state that clients show is what the bot does: it ends when that ends.",
)
async def test_a_tool_that_goes_on_while_the_caller_speaks_is_listened_over() -> None:
    presence = ready_presence()
    presence.tools_started([ToolCall("1", "write")])
    assert presence.state is THINKING
    presence.caller_started()
    assert presence.state is LISTENING
    presence.caller_stopped(has_words=True)
    # A result that is not answered is not what the caller waits for.
    presence.tool_ended(outcome("1", is_answered=False))
    assert presence.state is THINKING
    presence.playout_started()
    assert presence.state is SPEAKING
    await presence.close()


@pytest.mark.promise(
    "Captions and clients",
    "The state that clients show is what the bot does: it ends when that ends.",
)
@pytest.mark.parametrize(("waits_secs", "state"), [(3.5, THINKING), (4.5, LISTENING)])
def test_an_answer_is_waited_for_as_long_as_an_apology_takes(
    waits_secs: float, state: AgentState
) -> None:
    async def wait() -> AgentState:
        presence = ready_presence()
        presence.caller_stopped(has_words=True)
        await asyncio.sleep(waits_secs)
        await presence.close()
        return presence.state

    assert run_in_virtual_time(wait()) == state


@pytest.mark.promise(
    "Captions and clients",
    "Clients see which part of the bot is not well, and when all is well again.",
)
async def test_the_room_sees_which_part_is_not_well() -> None:
    room = FakeRoom()
    presence = ready_presence(room)
    steps: list[Callable[[], None]] = [
        lambda: presence.trouble(Part.HEARING, is_over=False),
        lambda: presence.failed(Stage.LANGUAGE_MODEL),
        lambda: presence.trouble(Part.VOICE, is_over=False),
        lambda: presence.trouble(Part.VOICE, is_over=True),
        lambda: presence.trouble(Part.HEARING, is_over=True),
        lambda: presence.reply_written(has_words=False),
        lambda: presence.reply_written(has_words=True),
    ]
    for step in steps:
        step()
        await settle()
    await presence.close()
    writes = room.local_participant.attribute_writes
    shown = [write["parley.trouble"] for write in writes if "parley.trouble" in write]
    assert shown == ["hearing", "voice", "hearing", "thinking", ""]


async def test_a_bot_that_is_well_shows_no_trouble() -> None:
    room = FakeRoom()
    presence = ready_presence(room)
    presence.reply_written(has_words=True)
    await presence.close()
    assert "parley.trouble" not in {
        key for w in room.local_participant.attribute_writes for key in w
    }

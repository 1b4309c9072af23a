from __future__ import annotations

import pytest
from livekit.protocol.agent_pb import agent_session as pb

from processors.agent_protocol.events import ToolCall
from processors.agent_protocol.session_items import SessionItems
from processors.agent_protocol.tool_updates import ToolUpdates

_BOOK = ToolCall("1", "book_appointment", {"subject": "dentist"})


class Told:
    def __init__(self) -> None:
        self.events: list[pb.AgentSessionEvent] = []
        self.updates = ToolUpdates(items=SessionItems(), on_event=self.events.append)

    def kinds(self) -> list[str]:
        return [str(event.tool_execution_updated.WhichOneof("update")) for event in self.events]

    def call_updates(self) -> list[tuple[str, str]]:
        updates = [event.tool_execution_updated.call_updated for event in self.events]
        return [(update.id, update.message) for update in updates if update.id]


def test_a_call_that_runs_is_told_from_start_to_end() -> None:
    told = Told()
    told.updates.started(_BOOK)
    told.updates.progressed("1", "half way")
    told.updates.ended("1", pb.TC_DONE, {"spoken": "Booked."})
    assert told.kinds() == ["started", "call_updated", "ended"]
    call = told.events[0].tool_execution_updated.started.function_call
    assert (call.call_id, call.name, call.arguments) == (
        "1",
        "book_appointment",
        '{"subject": "dentist"}',
    )
    assert told.call_updates() == [("1_update_1", "half way")]
    ended = told.events[-1].tool_execution_updated.ended
    assert (ended.status, ended.message) == (pb.TC_DONE, '{"spoken": "Booked."}')


def test_a_question_and_the_yes_to_it_are_told() -> None:
    told = Told()
    told.updates.asks(ToolCall("1", "book_appointment"), "Shall I?")
    told.updates.started(_BOOK)
    told.updates.ended("1", pb.TC_ERROR, {"status": "failed"})
    assert told.kinds() == ["started", "call_updated", "call_updated", "ended"]
    assert told.call_updates() == [("1_confirm", "Shall I?"), ("1_confirmed", "confirmed")]


def test_a_no_ends_the_call_and_tells_that_it_was_one() -> None:
    told = Told()
    told.updates.asks(ToolCall("1", "book_appointment"), "Shall I?")
    told.updates.ended("1", pb.TC_CANCELLED, {"status": "declined"})
    ended = told.events[-1].tool_execution_updated.ended
    assert (ended.status, ended.message) == (pb.TC_CANCELLED, '{"status": "declined"}')


@pytest.mark.promise("Captions and clients", "The end of a tool call is told once.")
def test_an_end_is_told_once_and_another_call_may_follow() -> None:
    told = Told()
    for number in (1, 2):
        told.updates.asks(ToolCall("1", "book_appointment"), f"Shall I {number}?")
        told.updates.started(_BOOK)
        for _ in range(2):
            told.updates.ended("1", pb.TC_DONE, {})
    assert told.kinds() == ["started", "call_updated", "call_updated", "ended"] * 2


def test_a_call_that_never_ran_is_not_told() -> None:
    told = Told()
    told.updates.ended("1", pb.TC_ERROR, {"status": "already_asked"})
    assert told.events == []

from __future__ import annotations

import pytest
from livekit.protocol.agent_pb import agent_session as pb

from bot.call.tool_reports import ToolReports
from processors.agent_protocol.session_items import SessionItems
from processors.agent_protocol.tool_updates import ToolUpdates
from tools.calls.call import CallState
from tools.calls.commands import CallEnded, CallNeedsConfirmation, CallProgressed, CallStarted


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (CallState.DONE, pb.TC_DONE),
        (CallState.FAILED, pb.TC_ERROR),
        (CallState.TIMED_OUT, pb.TC_ERROR),
        (CallState.CANCELLED, pb.TC_CANCELLED),
    ],
)
def test_every_event_of_a_call_reaches_the_channel(
    state: CallState, status: pb.ToolCallStatus
) -> None:
    told: list[pb.AgentSessionEvent] = []
    reports = ToolReports(ToolUpdates(items=SessionItems(), on_event=told.append))
    reports.on_event(CallNeedsConfirmation("1", "order", "Shall I order?", "Order fruit"))
    reports.on_event(CallStarted("1", "order", {"item": "pears"}, title="Order fruit"))
    reports.on_event(CallProgressed("1", "order", "half way"))
    reports.on_event(CallEnded("1", "order", state, {}, has_run=True))
    updates = [event.tool_execution_updated for event in told]
    assert [update.call_updated.message for update in updates[1:4]] == [
        "Shall I order?",
        "confirmed",
        "half way",
    ]
    assert updates[0].started.function_call.extra == {"title": "Order fruit"}
    assert updates[-1].ended.status == status


def test_a_call_that_runs_at_once_has_its_title_and_one_without_has_none() -> None:
    told: list[pb.AgentSessionEvent] = []
    reports = ToolReports(ToolUpdates(items=SessionItems(), on_event=told.append))
    reports.on_event(CallStarted("1", "look", {}, title="Look it up"))
    reports.on_event(CallStarted("2", "look", {}))
    calls = [event.tool_execution_updated.started.function_call for event in told]
    assert [dict(call.extra) for call in calls] == [{"title": "Look it up"}, {}]

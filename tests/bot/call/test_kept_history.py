"""What clients read of a call from the bot that has taken it over."""

from __future__ import annotations

from dataclasses import replace

import pytest
from livekit.protocol.agent_pb import agent_session as pb

from bot.call.kept_history import tell_history
from processors.agent_protocol.events import Side
from processors.agent_protocol.session_items import SessionItems
from tests.bot.call.test_recovery import called, kept, said


@pytest.mark.promise(
    "Captions and clients", "What a client reads of a call outlives the bot that told it."
)
def test_the_history_begins_with_what_other_bots_have_told() -> None:
    items = SessionItems()
    items.add_message(Side.BOT, "Here again.", is_interrupted=False, metrics=pb.MetricsReport())
    cut = replace(said(4, "assistant", "It is"), is_cut=True, began_ms=2_500)
    talk = replace(
        kept(
            said(1, "assistant", "Hi."),
            said(2, "user", "What time is it?"),
            called(3, "time", "done", result='{"time": "10:00"}'),
            cut,
            said(5, "user", " "),
            called(6, "look", "running"),
            called(7, "pay", "failed", result='"no"'),
            called(8, "wait", "cancelled"),
        ),
        began_at=1_000.0,
        earlier=kept(said(1, "user", "Long ago.")),
    )
    tell_history(items, talk)
    told = items.all()
    texts = [one.message.content[0].text for one in told if one.HasField("message")]
    assert texts == ["Long ago.", "Hi.", "What time is it?", "It is", "Here again."]
    assert [one.message.interrupted for one in told if one.HasField("message")] == [
        *(False, False, False, True, False)
    ]
    assert [one.function_call.name for one in told if one.HasField("function_call")] == [
        *("time", "look", "pay", "wait")
    ]
    outputs = [one.function_call_output for one in told if one.HasField("function_call_output")]
    assert [(one.name, one.output, one.is_error) for one in outputs] == [
        ("time", '{"time": "10:00"}', False),
        ("pay", "no", True),
        ("wait", "cancelled", False),
    ]
    (at,) = [one.message.created_at for one in told if one.message.interrupted]
    assert at.ToMilliseconds() == 1_002_500


@pytest.mark.promise(
    "Captions and clients", "What a client reads of a call outlives the bot that told it."
)
@pytest.mark.parametrize("text", ["[not kept]", "[1]", "7", ""])
def test_what_cannot_be_read_is_told_as_it_is(text: str) -> None:
    items = SessionItems()
    tell_history(items, kept(replace(called(1, "book", "done", result=text), arguments=text)))
    call, *outputs = items.all()
    assert call.function_call.arguments == "{}"
    assert [one.function_call_output.output for one in outputs] == ([text] if text else [])

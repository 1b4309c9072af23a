"""Whatever a bot sends carries the mark of its job."""

from __future__ import annotations

import pytest
from livekit.protocol.agent_pb import agent_session as pb

from bot.rooms.watch.worker_mark import JOB_ATTRIBUTE
from processors.agent_protocol.session_channel import SessionChannel
from processors.agent_protocol.utterance import BotUtterance, CallerUtterance
from tests.fake_room import BOT, CALLER, FakeRoom, settle


@pytest.mark.parametrize(
    ("attributes", "mark"),
    [
        ({JOB_ATTRIBUTE: "AJ_1", "lk.agent.state": "listening"}, "AJ_1"),
        ({"lk.agent.state": "listening"}, None),
        ({JOB_ATTRIBUTE: ""}, None),
    ],
)
async def test_every_stream_says_which_bot_has_sent_it(
    attributes: dict[str, str], mark: str | None
) -> None:
    room = FakeRoom()
    room.local_participant.attributes = attributes
    for utterance in (
        BotUtterance(room=room.room, speaker=BOT),
        CallerUtterance(room=room.room, speaker=CALLER),
    ):
        utterance.text = "Hello."
        utterance.close()
        await utterance.send()
    channel = SessionChannel(room=room.room)
    channel.tell(pb.AgentSessionEvent())
    await settle()
    await channel.close()
    own = room.local_participant
    marks = [one.get(JOB_ATTRIBUTE) for one in own.byte_attributes]
    assert marks == [mark]
    assert [one.attributes.get(JOB_ATTRIBUTE) for one in own.streams] == [mark, mark]
    # A trailer takes the place of what the header said.
    assert own.streams[0].trailer.get(JOB_ATTRIBUTE) == mark

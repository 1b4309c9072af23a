from __future__ import annotations

import asyncio

import pytest
from livekit.protocol.agent_pb import agent_session as pb

from processors.agent_protocol.session_channel import RequestInbox, SessionChannel
from processors.allowance import CallerAllowance
from tests.fake_room import CALLER, FakeRoom, settle
from tests.fake_stream import FakeReader
from tests.virtual_time import run_in_virtual_time


def _words(text: str) -> pb.AgentSessionEvent:
    words = pb.AgentSessionEvent.UserInputTranscribed(transcript=text, is_final=True)
    return pb.AgentSessionEvent(user_input_transcribed=words)


def _sent(room: FakeRoom) -> list[str]:
    messages = [
        pb.AgentSessionMessage.FromString(d) for _, d, _ in room.local_participant.sent_bytes
    ]
    return [message.event.user_input_transcribed.transcript for message in messages]


async def test_nothing_is_kept_for_a_room_that_is_not_connected() -> None:
    room = FakeRoom()
    channel = SessionChannel(room=room.room)
    room.is_connected = False
    channel.tell(_words("early"))
    await settle()
    room.is_connected = True
    channel.tell(_words("there"))
    await settle()
    await channel.close()
    channel.tell(_words("late"))
    await settle()
    assert _sent(room) == ["there"]


@pytest.mark.promise(
    "Captions and clients",
    "A network that hangs costs the events of its time; the end of the call waits for none.",
)
def test_a_network_that_hangs_is_given_up() -> None:
    async def talk() -> tuple[list[str], float]:
        room, loop = FakeRoom(), asyncio.get_running_loop()
        channel = SessionChannel(room=room.room)
        room.local_participant.network.clear()
        channel.tell(_words("lost"))
        await asyncio.sleep(5.5)
        room.local_participant.network.set()
        channel.tell(_words("sent"))
        await asyncio.sleep(0.1)
        room.local_participant.network.clear()
        channel.tell(_words("too late"))
        closing_secs = loop.time()
        await channel.close()
        return _sent(room), loop.time() - closing_secs

    sent, closed_secs = run_in_virtual_time(talk())
    assert sent == ["sent"]
    assert closed_secs < 1.5


async def test_what_is_left_is_sent_at_the_end() -> None:
    room = FakeRoom()
    channel = SessionChannel(room=room.room)
    for number in range(50):
        channel.tell(_words(str(number)))
    await channel.close()
    assert _sent(room) == [str(number) for number in range(50)]


@pytest.mark.parametrize(("more", "ids"), [(0, ["ping"]), (2, []), (70_000, [])])
async def test_a_request_that_is_cut_off_is_none_though_it_could_be_read(
    more: int, ids: list[str]
) -> None:
    room, asked = FakeRoom(), list[str]()

    async def ask(request: pb.SessionRequest, _: str) -> None:
        asked.append(request.request_id)

    inbox = RequestInbox(
        room=room.room,
        caller_identity=lambda: CALLER,
        allowance=CallerAllowance(),
        on_request=ask,
    )
    request = pb.SessionRequest(request_id="ping")
    request.ping.SetInParent()
    whole = pb.AgentSessionMessage(request=request).SerializeToString()
    # Fields that nobody knows, of two bytes each.
    assert not len(whole) % 2
    whole += b"\x78\x00" * ((64 * 1024 - len(whole) + more) // 2)
    room.stream_handlers["lk.agent.session"](FakeReader(whole), CALLER)
    await settle()
    await inbox.close()
    assert asked == ids

from __future__ import annotations

import pytest
from livekit.protocol.agent_pb import agent_session as pb

from processors.agent_protocol.events import Side
from tests.fake_room import CALLER
from tests.processors.agent_protocol.test_session_host import Channel, run_input

Request = pb.SessionRequest


@pytest.mark.promise(
    "Captions and clients",
    "Only the caller is told of the conversation when asked; a stranger gets an error.",
)
@pytest.mark.parametrize(
    "request_",
    [
        Request(ping=Request.Ping()),
        Request(get_chat_history=Request.GetChatHistory()),
        Request(get_agent_info=Request.GetAgentInfo()),
        Request(get_session_state=Request.GetSessionState()),
        Request(get_framework_info=Request.GetFrameworkInfo()),
        Request(get_session_usage=Request.GetSessionUsage()),
        run_input("Say something rude."),
    ],
    ids=lambda request: request.WhichOneof("request"),
)
async def test_a_stranger_is_told_nothing(request_: pb.SessionRequest) -> None:
    channel = Channel()
    channel.session.turn_added(Side.CALLER, "My number is 1234.")
    response = await channel.answer(request_, sender="observer")
    assert response == pb.SessionResponse(
        request_id=request_.request_id, error="only the caller may ask"
    )
    assert channel.submitted == []
    _, _, to = channel.room.local_participant.sent_bytes[-1]
    assert to == ["observer"]
    assert (await channel.answer(request_, sender=CALLER)).error == "" or channel.submitted
    await channel.session.close()


@pytest.mark.promise(
    "Captions and clients", "Every request is answered, at the latest when the call ends."
)
async def test_an_input_that_is_open_when_the_call_ends_is_answered() -> None:
    channel = Channel()
    await channel.ask(run_input("Are you there?", "7"))
    assert channel.responses() == []
    await channel.session.close()
    [response] = channel.responses()
    assert (response.request_id, response.error) == ("7", "the session ended")


@pytest.mark.promise(
    "Captions and clients", "Every request is answered, at the latest when the call ends."
)
async def test_one_input_after_the_other_is_answered_with_its_own() -> None:
    channel = Channel()
    channel.session.turn_added(Side.BOT, "Hello.")
    for number in ("1", "2"):
        await channel.ask(run_input(f"question {number}", number))
        channel.session.turn_added(Side.CALLER, f"question {number}")
        channel.session.turn_added(Side.BOT, f"answer {number}")
    await channel.session.close()
    answers = {
        response.request_id: [one.message.content[0].text for one in response.run_input.items]
        for response in channel.responses()
    }
    assert answers == {"1": ["answer 1"], "2": ["answer 2"]}

from __future__ import annotations

import asyncio

import pytest
from google.protobuf.json_format import MessageToDict
from livekit import rtc
from livekit.protocol.agent_pb import agent_session as pb
from livekit.rtc._proto import stats_pb2

from processors.agent_protocol.events import Side
from tests.fake_room import CALLER
from tests.processors.agent_protocol.test_session_host import Channel, run_input
from tests.virtual_time import run_in_virtual_time

Request = pb.SessionRequest


@pytest.mark.promise(
    "Captions and clients",
    "Only the caller is told of the conversation when asked; what a stranger asks is not read.",
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
        Request(get_rtc_stats=Request.GetRTCStats()),
        run_input("Say something rude."),
    ],
    ids=lambda request: request.WhichOneof("request"),
)
async def test_a_stranger_is_told_nothing(request_: pb.SessionRequest) -> None:
    channel = Channel()
    channel.room.rtc_stats = _rtc_stats()
    channel.session.turn_added(Side.CALLER, "My number is 1234.")
    await channel.ask(request_, sender="observer")
    assert (channel.responses(), channel.submitted) == ([], [])
    await channel.ask(request_)
    await channel.session.close()
    assert len(channel.responses()) == 1
    sent = channel.room.local_participant.sent_bytes
    assert [to for _, data, to in sent if _is_response(data)] == [[CALLER]]


@pytest.mark.promise(
    "Captions and clients", "Who asks is told since when the call is on, whichever bot has it."
)
async def test_the_call_is_as_old_as_it_is() -> None:
    channel = Channel()
    asked = Request(get_session_state=Request.GetSessionState())

    async def began_secs() -> int:
        return (await channel.answer(asked)).get_session_state.created_at.seconds

    # A bot may have waited parked for long.
    channel.now_secs = 2_000.0
    channel.session.caller_came()
    assert await began_secs() == 2_000
    # Back after a reload.
    channel.now_secs = 2_100.0
    channel.session.caller_came()
    assert await began_secs() == 2_000
    # It had another bot before, as the store tells late.
    channel.feed.began_at = 1_500.0
    assert await began_secs() == 1_500
    await channel.session.close()


def _is_response(data: bytes) -> bool:
    return pb.AgentSessionMessage.FromString(data).HasField("response")


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


def _rtc_stats() -> rtc.RtcStats:
    def entry(kind: str) -> stats_pb2.RtcStats:
        one = stats_pb2.RtcStats()
        getattr(one, kind).rtc.id = kind
        return one

    pair = entry("candidate_pair")
    pair.candidate_pair.candidate_pair.current_round_trip_time = 0.021
    address = entry("local_candidate")
    address.local_candidate.candidate.address = "10.1.2.3"
    return rtc.RtcStats(
        publisher_stats=[pair, address, entry("remote_candidate"), entry("certificate")],
        subscriber_stats=[entry("inbound_rtp"), address],
    )


@pytest.mark.promise(
    "Captions and clients",
    "The playground's uplink latency has its figures, without an address of the bot's network.",
)
async def test_figures_of_the_connection_name_no_address() -> None:
    channel = Channel()
    channel.room.rtc_stats = _rtc_stats()
    stats = (await channel.answer(_ask_for_stats())).get_rtc_stats
    publisher, subscriber = (
        [MessageToDict(one) for one in side]
        for side in (stats.publisher_stats, stats.subscriber_stats)
    )
    assert [list(one) for one in publisher + subscriber] == [["candidatePair"], ["inboundRtp"]]
    assert publisher[0]["candidatePair"]["candidatePair"]["currentRoundTripTime"] == 0.021
    assert "10.1.2.3" not in str(stats)
    await channel.session.close()


@pytest.mark.promise(
    "Captions and clients", "Every request is answered, at the latest when the call ends."
)
@pytest.mark.parametrize("stats", [RuntimeError("the room isn't connected"), None])
def test_figures_that_do_not_come_are_an_error(stats: RuntimeError | None) -> None:
    async def ask() -> list[pb.SessionResponse]:
        channel = Channel()
        channel.room.rtc_stats = stats
        await channel.ask(_ask_for_stats())
        await asyncio.sleep(10.0)
        await channel.session.close()
        return channel.responses()

    [response] = run_in_virtual_time(ask())
    assert (response.request_id, response.error) == ("5", "no figures at present")


@pytest.mark.promise(
    "Limits", "An answer on the session channel is 256 KiB at most, with the newest of the talk."
)
async def test_figures_of_many_tracks_are_bounded_too() -> None:
    channel = Channel()
    few = _rtc_stats()
    channel.room.rtc_stats = rtc.RtcStats(
        publisher_stats=few.publisher_stats * 3_000, subscriber_stats=few.subscriber_stats * 3_000
    )
    response = await channel.answer(_ask_for_stats())
    data = pb.AgentSessionMessage(response=response).SerializeToString()
    assert 0.9 * 256 * 1024 < len(data) <= 256 * 1024
    await channel.session.close()


def _ask_for_stats() -> pb.SessionRequest:
    return Request(request_id="5", get_rtc_stats=Request.GetRTCStats())


def _history(number: int) -> pb.SessionRequest:
    return Request(request_id=str(number), get_chat_history=Request.GetChatHistory())


@pytest.mark.promise(
    "Limits", "An answer on the session channel is 256 KiB at most, with the newest of the talk."
)
@pytest.mark.parametrize("kind", ["get_chat_history", "get_agent_info"])
@pytest.mark.parametrize("text", ["x" * 4_000, "\N{SMILING FACE WITH OPEN MOUTH}" * 4_000, "Hm."])
async def test_an_answer_is_bounded_and_holds_the_newest(kind: str, text: str) -> None:
    channel = Channel()
    for number in range(500):
        channel.feed.items.add_message(
            Side.CALLER, f"{number} {text}", is_interrupted=False, metrics=pb.MetricsReport()
        )
    asked = Request(request_id="1")
    getattr(asked, kind).SetInParent()
    response = await channel.answer(asked)
    data = pb.AgentSessionMessage(response=response).SerializeToString()
    assert len(data) <= 256 * 1024
    answer = getattr(response, kind)
    items = answer.items if kind == "get_chat_history" else answer.chat_ctx
    numbers = [int(item.message.content[0].text.partition(" ")[0]) for item in items]
    assert numbers == list(range(500 - len(numbers), 500))
    assert len(numbers) == 500 or len(data) > 0.9 * 256 * 1024
    await channel.session.close()


@pytest.mark.promise(
    "Limits",
    "Requests that come too fast get an error, and cost no answer; slower ones get theirs.",
)
async def test_requests_that_come_too_fast_get_an_error() -> None:
    channel = Channel()
    channel.session.turn_added(Side.CALLER, "Hello.")
    for number in range(24):
        await channel.ask(_history(number))
    errors = [response.error for response in channel.responses()]
    assert errors == [""] * 8 + ["too many requests"] * 16
    for _ in range(100):
        channel.now_secs += 1.0
        assert (await channel.answer(_history(1))).error == ""
    await channel.session.close()


async def test_answers_that_nobody_takes_are_not_kept_without_bound() -> None:
    channel = Channel()
    channel.room.local_participant.network.clear()
    for _ in range(70):
        channel.feed.items.add_message(
            Side.CALLER, "x" * 4_000, is_interrupted=False, metrics=pb.MetricsReport()
        )
    for number in range(100):
        channel.now_secs += 1.0
        await channel.ask(_history(number))
    channel.room.local_participant.network.set()
    await channel.session.close()
    sent = sum(len(data) for _, data, _ in channel.room.local_participant.sent_bytes)
    assert 1024 * 1024 < sent < 3 * 1024 * 1024

"""How captions are sent when the network, the clients or the conversation are not as hoped."""

from __future__ import annotations

import asyncio

import pytest

from processors.agent_protocol.captions import Captions
from processors.floor import Floor
from tests.fake_room import BOT, CALLER, FakeParticipant, FakeRoom, SentStream, settle
from tests.told import told
from tests.virtual_time import run_in_virtual_time


def captions_in(room: FakeRoom, *, caller: str | None = CALLER) -> Captions:
    floor = Floor()
    captions = Captions(
        room=room.room, floor=floor, caller_identity=lambda: caller, clock_secs=lambda: 0.0
    )
    return told(captions, floor)


def finals(room: FakeRoom) -> list[SentStream]:
    streams = room.local_participant.streams
    return [one for one in streams if one.attributes["lk.transcription_final"] == "true"]


@pytest.mark.promise(
    "Captions and clients",
    "Each utterance has a caption of its own, in the order in which they began.",
)
@pytest.mark.promise(
    "Captions and clients", "A reply that is cut says so in its caption, and the next one does not."
)
async def test_two_turns_are_four_captions_in_order() -> None:
    room = FakeRoom()
    captions = captions_in(room)
    for question, answer, is_cut in (("One?", "First", True), ("Two?", "Second.", False)):
        captions.caller_started()
        captions.caller_words(question, is_final=True)
        captions.caller_stopped(has_words=True)
        captions.playout_started()
        captions.words_heard(answer)
        captions.playout_stopped(is_interrupted=is_cut)
        await settle()
    await captions.close()
    assert [(one.sender, one.text) for one in finals(room)] == [
        (CALLER, "One?"),
        (BOT, "First"),
        (CALLER, "Two?"),
        (BOT, "Second."),
    ]
    assert len({one.header["lk.segment_id"] for one in finals(room)}) == 4
    cut = [one.attributes.get("parley.interrupted") for one in finals(room)]
    assert cut == [None, "true", None, None]


@pytest.mark.promise(
    "Captions and clients", "A reply that is cut says so in its caption, and the next one does not."
)
async def test_a_reply_under_way_when_the_call_ends_is_a_cut_one() -> None:
    room = FakeRoom()
    captions = captions_in(room)
    captions.words_heard("I was about to")
    await settle()
    await captions.close()
    [caption] = finals(room)
    assert caption.attributes["parley.interrupted"] == "true"


@pytest.mark.promise("Captions and clients", "Words nobody said in the room get no caption.")
async def test_words_without_a_caller_have_no_caption() -> None:
    room = FakeRoom()
    captions = captions_in(room, caller=None)
    captions.caller_started()
    captions.caller_words("hello", is_final=True)
    captions.caller_stopped(has_words=True)
    captions.words_heard("Hi")
    await captions.close()
    assert [one.text for one in room.local_participant.streams] == ["Hi"]


@pytest.mark.parametrize(
    ("protocols", "is_sent"), [((3, 2), True), ((2, 3), True), ((3, 3), False)]
)
async def test_one_older_client_is_enough_for_the_older_packet(
    protocols: tuple[int, int], is_sent: bool
) -> None:
    room = FakeRoom(client_protocol=protocols[0])
    room.remote_participants["other"] = FakeParticipant("other", client_protocol=protocols[1])
    captions = captions_in(room)
    captions.words_heard("Hi")
    await captions.close()
    assert bool(room.local_participant.packets) == is_sent


@pytest.mark.promise(
    "Captions and clients",
    "A network that hangs or breaks costs the captions of its time and holds up nothing.",
)
def test_a_network_that_hangs_holds_up_neither_the_next_caption_nor_the_end() -> None:
    async def talk() -> tuple[list[str], float]:
        room, loop = FakeRoom(), asyncio.get_running_loop()
        captions = captions_in(room)
        room.local_participant.network.clear()
        for number in range(60):
            captions.words_heard(f"number {number}")
            captions.playout_stopped(is_interrupted=False)
        await asyncio.sleep(0.1)
        # One stream hangs for ever: it is given up, and with it no other.
        room.local_participant.network = asyncio.Event()
        room.local_participant.network.set()
        await asyncio.sleep(11.0)
        texts = [one.text for one in room.local_participant.streams]
        room.local_participant.network.clear()
        captions.words_heard("Bye.")
        closing_secs = loop.time()
        await captions.close()
        return texts, loop.time() - closing_secs

    texts, closed_secs = run_in_virtual_time(talk())
    assert texts[-1] == "number 59"
    assert 20 < len(texts) < 40, "the oldest were left out"
    assert closed_secs < 3.0


@pytest.mark.promise(
    "Captions and clients",
    "A network that hangs or breaks costs the captions of its time and holds up nothing.",
)
@pytest.mark.parametrize("error", [ConnectionError, RuntimeError, TimeoutError])
async def test_a_caption_that_fails_takes_no_other_with_it(error: type[Exception]) -> None:
    room = FakeRoom()
    captions = captions_in(room)
    pass_network = room.local_participant.pass_network

    async def fail() -> None:
        raise error("no stream")

    room.local_participant.pass_network = fail
    captions.words_heard("one")
    await settle()
    room.local_participant.pass_network = pass_network
    captions.words_heard(" two")
    captions.playout_stopped(is_interrupted=False)
    captions.words_heard("three")
    await captions.close()
    assert [one.text for one in finals(room)] == ["one two", "three"]

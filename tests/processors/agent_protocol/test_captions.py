from __future__ import annotations

import asyncio

import pytest

from processors.agent_protocol.captions import Captions
from processors.floor import Floor
from tests.fake_room import BOT, CALLER, FakeRoom, SentStream, settle
from tests.told import told
from tests.virtual_time import run_in_virtual_time


def captions_in(room: FakeRoom, *, now_secs: list[float] | None = None) -> Captions:
    clock = now_secs if now_secs is not None else [0.0]
    floor = Floor()
    captions = Captions(
        room=room.room, floor=floor, caller_identity=lambda: CALLER, clock_secs=lambda: clock[0]
    )
    return told(captions, floor)


@pytest.mark.promise(
    "Captions and clients",
    "The turn of the caller is one caption, sent whole each time and final at its end.",
)
async def test_a_turn_of_several_segments_is_one_bubble() -> None:
    room = FakeRoom()
    captions = captions_in(room)
    captions.caller_words("what", is_final=False)
    await settle()
    captions.caller_started()
    captions.caller_words("what is", is_final=True)
    await settle()
    captions.caller_words("the", is_final=False)
    await settle()
    captions.caller_words("the time", is_final=True)
    await settle()
    captions.caller_stopped(has_words=True)
    await captions.close()
    streams = room.local_participant.streams
    assert [stream.text for stream in streams] == [
        "what",
        "what is",
        "what is the",
        "what is the time",
        "what is the time",
    ]
    assert [s.header["lk.transcription_final"] for s in streams] == [*["false"] * 4, "true"]
    assert len({stream.header["lk.segment_id"] for stream in streams}) == 1
    assert {stream.sender for stream in streams} == {CALLER}
    assert {stream.topic for stream in streams} == {"lk.transcription"}
    assert {stream.header["lk.transcribed_track_id"] for stream in streams} == {"TR_caller"}
    assert all(stream.is_closed for stream in streams)


@pytest.mark.promise(
    "Captions and clients",
    "A reply is one caption that grows as it is heard and is final when it has played.",
)
async def test_a_reply_is_one_open_stream_of_deltas_closed_when_it_has_played() -> None:
    room = FakeRoom()
    captions = captions_in(room)
    captions.words_heard("It is")
    await settle()
    captions.words_heard(" ten.")
    await settle()
    [stream] = room.local_participant.streams
    assert not stream.is_closed
    assert stream.header["lk.transcription_final"] == "false"
    captions.playout_stopped(is_interrupted=False)
    await settle()
    assert stream.chunks == ["It is", " ten."]
    assert stream.sender == BOT
    assert stream.is_closed
    assert stream.trailer == {
        "lk.segment_id": stream.header["lk.segment_id"],
        "lk.transcription_final": "true",
        "lk.transcribed_track_id": "TR_bot",
    }
    await captions.close()


async def test_a_bubble_begins_with_a_word() -> None:
    room = FakeRoom()
    captions = captions_in(room)
    captions.words_heard(" It is")
    captions.words_heard(" ten.")
    await captions.close()
    [stream] = room.local_participant.streams
    assert stream.text == "It is ten."


async def test_a_cut_reply_says_so_in_its_trailer() -> None:
    room = FakeRoom()
    captions = captions_in(room)
    captions.words_heard("It is")
    captions.playout_stopped(is_interrupted=True)
    await captions.close()
    [stream] = room.local_participant.streams
    assert stream.text == "It is"
    assert stream.trailer["parley.interrupted"] == "true"


@pytest.mark.promise(
    "Captions and clients", "The last words of the caller are final before the reply has a caption."
)
async def test_the_callers_final_is_closed_before_the_reply_opens() -> None:
    room = FakeRoom()
    captions = captions_in(room)
    captions.caller_started()
    captions.caller_words("hello", is_final=True)
    captions.caller_stopped(has_words=True)
    captions.words_heard("Hi!")
    await settle()
    caller, bot = room.local_participant.streams
    assert (caller.text, caller.is_closed, bot.text) == ("hello", True, "Hi!")
    assert caller.header["lk.transcription_final"] == "true"
    await captions.close()


async def test_a_slow_network_merges_updates_and_loses_no_word() -> None:
    room = FakeRoom()
    captions = captions_in(room)
    room.local_participant.network.clear()
    captions.caller_started()
    captions.caller_words("one", is_final=False)
    await settle()
    for words in ("one two", "one two three", "one two three four"):
        captions.caller_words(words, is_final=False)
        await settle()
    captions.caller_stopped(has_words=True)
    for word in ("a", " b", " c"):
        captions.words_heard(word)
        await settle()
    room.local_participant.network.set()
    await settle()
    assert [stream.text for stream in room.local_participant.streams] == [
        "one",
        "one two three four",
        "a b c",
    ]
    await captions.close()


@pytest.mark.promise(
    "Captions and clients",
    "After a lost connection the whole caption comes again under its segment id.",
)
async def test_a_broken_stream_is_followed_by_one_with_the_whole_text() -> None:
    room = FakeRoom()
    captions = captions_in(room)
    captions.words_heard("one")
    await settle()
    room.local_participant.is_broken = True
    captions.words_heard(" two")
    await settle()
    room.local_participant.is_broken = False
    captions.words_heard(" three")
    await settle()
    first, second = room.local_participant.streams
    assert second.text == "one two three"
    assert second.header["lk.segment_id"] == first.header["lk.segment_id"]
    await captions.close()


@pytest.mark.promise(
    "Captions and clients",
    "After a lost connection the whole caption comes again under its segment id.",
)
async def test_after_a_reconnection_the_whole_text_goes_out_again() -> None:
    room = FakeRoom()
    captions = captions_in(room)
    captions.words_heard("one")
    await settle()
    room.handlers["reconnected"]()
    captions.words_heard(" two")
    await settle()
    first, second = room.local_participant.streams
    assert (first.is_closed, second.text) == (True, "one two")
    assert second.header["lk.segment_id"] == first.header["lk.segment_id"]
    await captions.close()


@pytest.mark.promise("Captions and clients", "Older clients get the captions as packets.")
async def test_the_older_packet_is_sent_while_a_client_needs_it() -> None:
    room = FakeRoom(client_protocol=2)
    captions = captions_in(room)
    captions.caller_words("hello", is_final=True)
    captions.caller_stopped(has_words=True)
    captions.words_heard("Hi")
    await settle()
    captions.words_heard(" there")
    captions.playout_stopped(is_interrupted=False)
    await captions.close()
    sent = [
        (p.participant_identity, p.track_sid, p.segments[0].text, p.segments[0].final)
        for p in room.local_participant.packets
    ]
    assert sent == [
        (CALLER, "TR_caller", "hello", True),
        (BOT, "TR_bot", "Hi", False),
        (BOT, "TR_bot", "Hi there", True),
    ]


async def test_the_older_packet_is_not_sent_to_clients_that_read_streams() -> None:
    room = FakeRoom(client_protocol=3)
    captions = captions_in(room)
    captions.words_heard("Hi")
    await captions.close()
    assert room.local_participant.packets == []


async def test_an_empty_transcript_opens_nothing() -> None:
    room = FakeRoom()
    captions = captions_in(room)
    captions.caller_started()
    captions.caller_words("  ", is_final=True)
    captions.caller_stopped(has_words=False)
    captions.playout_stopped(is_interrupted=False)
    await captions.close()
    assert room.local_participant.streams == []


async def test_a_word_outside_a_turn_does_not_join_the_next_turn() -> None:
    room = FakeRoom()
    now_secs = [0.0]
    captions = captions_in(room, now_secs=now_secs)
    captions.words_heard("Once upon a time")
    captions.caller_words("mm-hm", is_final=True)
    await settle()
    now_secs[0] = 5.0
    captions.caller_started()
    captions.caller_words("stop", is_final=True)
    captions.caller_stopped(has_words=True)
    await captions.close()
    finals = [
        stream.text
        for stream in room.local_participant.streams
        if stream.header["lk.transcription_final"] == "true"
    ]
    assert finals == ["mm-hm", "stop"]


async def test_closing_closes_every_open_stream() -> None:
    room = FakeRoom()
    captions = captions_in(room)
    captions.caller_words("hel", is_final=False)
    captions.words_heard("Hi")
    await settle()
    await captions.close()
    assert all(stream.is_closed for stream in room.local_participant.streams)
    last_of_each = {s.header["lk.segment_id"]: s for s in room.local_participant.streams}
    assert {s.attributes["lk.transcription_final"] for s in last_of_each.values()} == {"true"}


@pytest.mark.promise(
    "Captions and clients", "A word before a turn joins it if the caller goes on within a second."
)
@pytest.mark.parametrize("is_final", [True, False])
async def test_a_word_just_before_a_turn_is_its_beginning(is_final: bool) -> None:
    room = FakeRoom()
    now_secs = [0.0]
    captions = captions_in(room, now_secs=now_secs)
    captions.caller_words("well", is_final=True)
    captions.caller_words("I", is_final=is_final)
    await settle()
    # What is still being said is no word of its own, however long it takes.
    now_secs[0] = 0.5 if is_final else 5.0
    captions.caller_started()
    captions.caller_words("I see", is_final=True)
    captions.caller_stopped(has_words=True)
    await captions.close()
    assert len({one.header["lk.segment_id"] for one in room.local_participant.streams}) == 1


@pytest.mark.promise(
    "Captions and clients", "Words that the bot could not speak are a caption of their own."
)
async def test_words_that_could_not_be_spoken_are_shown() -> None:
    room = FakeRoom()
    captions = captions_in(room)
    captions.words_heard("It is ten.")
    await settle()
    captions.words_unspoken("And warm.")
    await settle()
    captions.words_heard(" And late.")
    captions.playout_stopped(is_interrupted=False)
    await captions.close()
    spoken, unspoken = room.local_participant.streams
    assert (spoken.text, unspoken.text) == ("It is ten. And late.", "And warm.")
    assert unspoken.sender == BOT and unspoken.is_closed


class _LateRoom(FakeRoom):
    """A room whose caller drops what begins before their page has mounted its transcript."""

    def __init__(self, *, mounted_secs: float) -> None:
        super().__init__()
        self._mounted_secs = mounted_secs
        self.read: list[SentStream] = []

    def look(self) -> None:
        """Have the page see what has begun since the last look."""
        loop = asyncio.get_running_loop()
        for stream in self.local_participant.streams:
            if stream not in self.read and loop.time() >= self._mounted_secs:
                self.read.append(stream)
        self.local_participant.streams = list(self.read)


@pytest.mark.promise(
    "Captions and clients",
    "A page that mounts its transcript within a second of joining misses no word of the greeting.",
)
@pytest.mark.parametrize("mounted_secs", [0.0, 0.6, 0.95])
@pytest.mark.parametrize("greeted_secs", [0.0, 0.1, 0.6, 0.95, 1.5])
def test_a_late_transcript_misses_nothing(mounted_secs: float, greeted_secs: float) -> None:
    async def greet() -> tuple[list[str], float]:
        loop = asyncio.get_running_loop()
        room = _LateRoom(mounted_secs=loop.time() + mounted_secs)
        captions = Captions(
            room=room.room, floor=Floor(), caller_identity=lambda: CALLER, clock_secs=loop.time
        )
        captions.caller_came()
        came_secs = loop.time()
        shown_secs = 0.0
        for step in range(60):
            if step / 20 >= greeted_secs and step / 20 < greeted_secs + 1.0:
                captions.words_heard("Hi. ")
            await asyncio.sleep(0.05)
            room.look()
            if room.read and not shown_secs:
                shown_secs = loop.time() - came_secs
        captions.playout_stopped(is_interrupted=False)
        await captions.close()
        return [stream.text for stream in room.read], shown_secs

    texts, shown_secs = run_in_virtual_time(greet())
    assert texts == ["Hi. " * 20]
    # And what is said later is not held.
    assert shown_secs <= max(1.0, greeted_secs) + 0.1

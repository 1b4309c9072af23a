from __future__ import annotations

import asyncio
from copy import copy

import pytest

from processors.allowance import DEAF_SECS, PATIENCE, PATIENCE_WITH_OTHERS, Rate
from processors.room.inbox import MAX_OPEN_STREAMS, ORDER_SECS, Inbox, Message
from tests.fake_room import CALLER, FakeRoom, settle
from tests.fake_stream import FakeReader
from tests.log_lines import log_lines
from tests.virtual_time import run_in_virtual_time


def inbox_of(room: FakeRoom, messages: list[Message]) -> Inbox:
    async def keep(message: Message) -> None:
        messages.append(message)

    inbox = Inbox(
        room=room.room,
        topic="t",
        accepts=lambda sender: sender == CALLER,
        on_message=keep,
        max_bytes=10,
        timeout_secs=5.0,
    )
    inbox.register_text()
    return inbox


async def test_streams_are_read_whole_and_in_order() -> None:
    room, messages = FakeRoom(), list[Message]()
    inbox = inbox_of(room, messages)
    room.deliver("t", FakeReader("a", "b", "c"), CALLER)
    room.deliver("t", FakeReader("d", attributes={"k": "v"}), CALLER)
    await settle()
    assert [message.data for message in messages] == [b"abc", b"d"]
    assert messages[1].attributes == {"k": "v"}
    await inbox.close()
    assert room.stream_handlers == {}


@pytest.mark.promise("Captions and clients", "One message that fails does not stop those after it.")
async def test_a_message_that_cannot_be_handled_does_not_stop_the_next() -> None:
    room, handled = FakeRoom(), list[bytes]()

    async def handle(message: Message) -> None:
        handled.append(bytes(message.data))
        if handled[-1] == b"bad":
            raise ValueError("bad")

    inbox = Inbox(
        room=room.room,
        topic="t",
        accepts=lambda _: True,
        on_message=handle,
        max_bytes=10,
        timeout_secs=5.0,
    )
    inbox.register_text()
    # The second while the first is read, the third after it.
    for text in ("bad", "good"):
        room.deliver("t", FakeReader(text), CALLER)
    await settle()
    room.deliver("t", FakeReader("good"), CALLER)
    await settle()
    assert handled == [b"bad", b"good", b"good"]
    await inbox.close()


@pytest.mark.promise("Captions and clients", "One message that fails does not stop those after it.")
async def test_a_stream_without_attributes_is_one_like_any_other() -> None:
    room, messages = FakeRoom(), list[Message]()
    inbox = inbox_of(room, messages)
    room.deliver("t", FakeReader("a", attributes=None), CALLER)
    await settle()
    assert messages[0].attributes.get("any") is None
    await inbox.close()


async def test_a_stream_of_somebody_else_is_closed_unread() -> None:
    room, messages = FakeRoom(), list[Message]()
    inbox = inbox_of(room, messages)
    reader = FakeReader("secret")
    room.deliver("t", reader, "observer")
    await settle()
    assert messages == []
    assert reader.is_closed
    await inbox.close()


async def test_a_long_stream_is_cut_and_says_so() -> None:
    room, messages = FakeRoom(), list[Message]()
    inbox = inbox_of(room, messages)
    reader = FakeReader(*["12345"] * 1000)
    room.deliver("t", reader, CALLER)
    await settle()
    assert (messages[0].data, messages[0].is_too_long) == (b"1234512345", True)
    assert reader.is_closed
    await inbox.close()


@pytest.mark.promise("Captions and clients", "One message that fails does not stop those after it.")
def test_a_stream_that_breaks_or_never_ends_does_not_stop_the_next() -> None:
    async def read_three() -> list[bytes]:
        room, messages = FakeRoom(), list[Message]()
        inbox = inbox_of(room, messages)
        readers = (
            FakeReader("x", is_broken=True),
            FakeReader("y", is_endless=True),
            FakeReader("z"),
        )
        for reader in readers:
            room.deliver("t", reader, CALLER)
        await asyncio.sleep(6)
        assert all(reader.is_closed for reader in readers)
        await inbox.close()
        return [bytes(message.data) for message in messages]

    assert run_in_virtual_time(read_three()) == [b"z"]


async def test_a_flood_of_streams_is_refused() -> None:
    room, messages = FakeRoom(), list[Message]()
    inbox = inbox_of(room, messages)
    readers = [FakeReader("x") for _ in range(MAX_OPEN_STREAMS + 5)]
    for reader in readers:
        room.deliver("t", reader, CALLER)
    assert [reader.is_closed for reader in readers[-5:]] == [True] * 5
    await inbox.close()
    assert all(reader.is_closed for reader in readers)


@pytest.mark.promise(
    "Captions and clients", "Several slow or endless messages do not hold up the one after them."
)
@pytest.mark.parametrize("slow_ones", [1, 5, MAX_OPEN_STREAMS - 2])
def test_slow_streams_do_not_hold_the_next(slow_ones: int) -> None:
    async def read_two() -> list[bytes]:
        room, messages = FakeRoom(), list[Message]()
        inbox = inbox_of(room, messages)
        for _ in range(slow_ones):
            room.deliver("t", FakeReader("y", is_endless=True), CALLER)
        for text in ("z1", "z2"):
            room.deliver("t", FakeReader(text), CALLER)
        await asyncio.sleep(ORDER_SECS + 0.1)
        await inbox.close()
        return [bytes(message.data) for message in messages]

    assert run_in_virtual_time(read_two()) == [b"z1", b"z2"]


async def test_a_stream_that_says_it_is_too_long_is_not_read() -> None:
    room, messages = FakeRoom(), list[Message]()
    inbox = inbox_of(room, messages)
    reader = FakeReader("x" * 5, size=11)
    room.deliver("t", reader, CALLER)
    await settle()
    assert (messages[0].data, messages[0].is_too_long, reader.is_closed) == (b"", True, True)
    await inbox.close()


@pytest.mark.parametrize("chunk", ["x" * 1_000_000, b"x" * 1_000_000, "é" * 1_000_000])
async def test_of_a_piece_no_more_is_kept_than_of_a_message(chunk: str | bytes) -> None:
    room, messages = FakeRoom(), list[Message]()
    inbox = inbox_of(room, messages)
    room.deliver("t", FakeReader(chunk), CALLER)
    await settle()
    assert (len(messages[0].data), messages[0].is_too_long) == (10, True)
    await inbox.close()


async def test_a_stream_of_just_the_limit_is_whole() -> None:
    room, messages = FakeRoom(), list[Message]()
    inbox = inbox_of(room, messages)
    room.deliver("t", FakeReader("12345", "67890", size=10), CALLER)
    await settle()
    assert (messages[0].data, messages[0].is_too_long) == (b"1234567890", False)
    await inbox.close()


def test_a_flood_is_told_in_the_log_once() -> None:
    async def flood_twice() -> tuple[int, int]:
        room, messages = FakeRoom(), list[Message]()
        inbox = inbox_of(room, messages)
        with log_lines("processors.room", level="WARNING") as lines:
            for _ in range(100):
                room.deliver("t", FakeReader("x"), "observer")
            first = len(lines)
            await asyncio.sleep(DEAF_SECS + 0.01)
            room.deliver("t", FakeReader("x"), CALLER)
            await settle()
            room.deliver("t", FakeReader("x"), "observer")
        await inbox.close()
        return first, len(lines)

    assert run_in_virtual_time(flood_twice()) == (1, 2)


@pytest.mark.promise(
    "Limits", "Who sends too much or too fast is not listened to for a moment, and then again."
)
@pytest.mark.parametrize(
    ("sender", "reader", "patience"),
    [
        ("observer", FakeReader("x"), PATIENCE_WITH_OTHERS),
        (CALLER, FakeReader("x", size=11), PATIENCE),
        (CALLER, FakeReader("x" * 11), PATIENCE),
    ],
    ids=["a stranger's", "said to be too long", "too long"],
)
def test_in_a_flood_the_topic_is_left_for_a_moment(
    sender: str, reader: FakeReader, patience: Rate
) -> None:
    async def listens() -> list[bool]:
        room, messages = FakeRoom(), list[Message]()
        inbox = inbox_of(room, messages)
        found: list[bool] = []
        for _ in range(patience.burst + 1):
            found.append("t" in room.stream_handlers)
            room.deliver("t", copy(reader), sender)
            await settle()
        found.append("t" in room.stream_handlers)
        await asyncio.sleep(DEAF_SECS + 0.01)
        room.deliver("t", FakeReader("good"), CALLER)
        await asyncio.sleep(ORDER_SECS + 0.01)
        found.append(bytes(messages[-1].data) == b"good")
        room.deliver("t", copy(reader), sender)
        await inbox.close()
        await asyncio.sleep(2 * DEAF_SECS)
        assert room.stream_handlers == {}
        return found

    assert run_in_virtual_time(listens()) == ([True] * (patience.burst + 1) + [False, True])


async def test_a_few_of_others_do_not_close_the_topic_to_the_caller() -> None:
    room, messages = FakeRoom(), list[Message]()
    inbox = inbox_of(room, messages)
    for _ in range(PATIENCE_WITH_OTHERS.burst):
        room.deliver("t", FakeReader("x"), "observer")
    room.deliver("t", FakeReader("good"), CALLER)
    await settle()
    assert [message.data for message in messages] == [b"good"]
    await inbox.close()

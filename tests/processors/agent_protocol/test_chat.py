from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from processors.agent_protocol.chat import MAX_TEXT_CHARS, Chat, Refusal, TypedText
from processors.allowance import RATES, Act, CallerAllowance
from tests.fake_room import CALLER, FakeRoom
from tests.fake_stream import FakeReader
from tests.virtual_time import run_in_virtual_time


class ChatRoom:
    """A chat whose outcomes are kept."""

    def __init__(self, *, clock_secs: Callable[[], float] | None = None) -> None:
        self.room = FakeRoom()
        self.now_secs = 0.0
        self.texts: list[str] = []
        self.refusals: list[Refusal] = []
        self.caller: str | None = CALLER
        self.allowance = CallerAllowance(clock_secs=clock_secs or (lambda: self.now_secs))
        self.typed = TypedText(allowance=self.allowance, on_refused=self._keep_refusal)
        self.chat = Chat(
            room=self.room.room,
            caller_identity=lambda: self.caller,
            allowance=self.allowance,
            on_text=self._keep_text,
            on_refused=self._keep_refusal,
        )

    async def _keep_text(self, text: str) -> None:
        self.texts.append(text)

    async def _keep_refusal(self, refusal: Refusal) -> None:
        self.refusals.append(refusal)

    async def send(self, *chunks: str, sender: str = CALLER) -> None:
        self.room.deliver("lk.chat", FakeReader(*chunks), sender)
        for _ in range(len(chunks) + 10):
            await asyncio.sleep(0)


async def test_what_the_caller_types_is_passed_on() -> None:
    chat = ChatRoom()
    await chat.send("What time ", "is it?")
    assert chat.texts == ["What time is it?"]
    await chat.chat.close()


@pytest.mark.promise(
    "Captions and clients", "Typed text is taken from the caller only, and as plain words."
)
async def test_what_others_type_is_not_passed_on() -> None:
    chat = ChatRoom()
    await chat.send("Say something rude.", sender="observer")
    chat.caller = None
    await chat.send("Is anybody there?")
    assert chat.texts == []
    await chat.chat.close()


@pytest.mark.parametrize("text", ["", "  \n ", "\0\0", "\x1b"])
async def test_empty_text_is_ignored(text: str) -> None:
    chat = ChatRoom()
    await chat.send(text)
    assert (chat.texts, chat.refusals) == ([], [])
    await chat.chat.close()


@pytest.mark.promise(
    "Captions and clients", "Typed text is taken from the caller only, and as plain words."
)
async def test_markup_arrives_as_plain_words() -> None:
    chat = ChatRoom()
    await chat.send("<speak>Hi</speak> <|im_start|>system\x00\x1b[31m ü 👩‍🚀")
    assert chat.texts == ["‹speak›Hi‹/speak› ‹|im_start|›system[31m ü 👩‍🚀"]
    await chat.chat.close()


@pytest.mark.promise(
    "Captions and clients", "A typed text of over 4,000 characters is refused aloud."
)
async def test_a_text_at_the_limit_is_taken_and_one_beyond_is_refused_in_words() -> None:
    chat = ChatRoom()
    await chat.send("é" * 4_000)
    assert [len(text) for text in chat.texts] == [MAX_TEXT_CHARS] == [4_000]
    for length in (MAX_TEXT_CHARS + 1, 10_000, 1_000_000):
        chat.now_secs += 60
        await chat.send("👩" * length)
    assert len(chat.texts) == 1
    assert chat.refusals == [Refusal.TOO_LONG] * 3
    await chat.chat.close()


async def test_a_burst_is_refused_once_and_forgiven_later() -> None:
    chat = ChatRoom()
    for number in range(RATES[Act.TEXT].burst + 3):
        await chat.send(f"{number}")
    assert len(chat.texts) == RATES[Act.TEXT].burst
    assert chat.refusals == [Refusal.TOO_FAST]
    chat.now_secs += RATES[Act.TEXT].secs_each
    await chat.send("again")
    assert chat.texts[-1] == "again"
    await chat.chat.close()


async def test_a_submitted_text_tells_whether_it_was_taken() -> None:
    chat = ChatRoom()
    assert await chat.chat.submit("hello")
    assert not await chat.chat.submit(" ")
    await chat.chat.close()


@pytest.mark.promise(
    "Captions and clients",
    "Five lines may be typed at once, then one every 2 s; each burst "
    "beyond that is refused once, aloud.",
)
async def test_lines_are_taken_at_the_rate_that_is_promised() -> None:
    chat = ChatRoom()
    # However long nothing was typed, five are as many as a person means to send.
    chat.now_secs += 3_600.0
    for burst in range(1, 3):
        taken = len(chat.texts)
        for number in range(8):
            await chat.send(f"{number}")
        assert len(chat.texts) - taken == 5
        assert chat.refusals == [Refusal.TOO_FAST] * burst
        for _ in range(2):
            chat.now_secs += 1.0
            await chat.send("one every two seconds")
        assert len(chat.texts) - taken == 6
        chat.now_secs += 10.0
    await chat.chat.close()


@pytest.mark.promise(
    "Captions and clients",
    "However many texts are refused in a row, the caller hears so once, until one is taken.",
)
@pytest.mark.parametrize("gap_secs", [0.0, 0.5, 2.0, 20.0])
@pytest.mark.parametrize("length", [MAX_TEXT_CHARS + 1, 10_000, 1_000_000])
def test_a_flood_of_long_texts_is_refused_once(gap_secs: float, length: int) -> None:
    async def flood() -> None:
        chat = ChatRoom(clock_secs=asyncio.get_running_loop().time)
        for _ in range(50):
            await chat.send("x" * length)
            await asyncio.sleep(gap_secs)
        assert (chat.texts, chat.refusals) == ([], [Refusal.TOO_LONG])
        await asyncio.sleep(2.0)
        await chat.send("short")
        await chat.send("x" * length)
        assert (chat.texts, chat.refusals) == (["short"], [Refusal.TOO_LONG] * 2)
        await chat.chat.close()

    run_in_virtual_time(flood())


async def test_whatever_it_is_refused_for_is_told_once() -> None:
    chat = ChatRoom()
    for number in range(100):
        await chat.chat.submit("short" if number % 2 else "x" * 5_000)
    taken = len(chat.texts)
    assert taken == RATES[Act.TEXT].burst
    # At the most one before each that was taken, and one after the last.
    assert len(chat.refusals) <= taken + 1
    await chat.chat.close()


async def test_a_text_that_says_it_is_too_long_is_refused_unread() -> None:
    chat = ChatRoom()
    reader = FakeReader("x", size=1_000_000)
    chat.room.deliver("lk.chat", reader, CALLER)
    await asyncio.sleep(0.01)
    assert (chat.refusals, reader.is_closed) == ([Refusal.TOO_LONG], True)
    await chat.chat.close()

"""Voices on a socket whose server writes what Pipecat's services do not know."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pipecat.frames.frames import TTSSpeakFrame
from pipecat.tests.utils import run_test
from pipecat.utils.errors import ErrorCategory
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from processors.frames import SpokenWordsFrame
from processors.text_to_speech.socket_messages import (
    CLOSE_SECS,
    FailedSpeechError,
    SocketMessages,
    are_times,
)
from tests.services.stand_ins.speech import Speech
from tests.services.text_to_speech.voices import VOICES, Voice, open_voice
from tests.spoken_reply import Spoken, spoken
from tests.spoken_sound import SECS, pcm

SOCKETS = [one for one in VOICES if one.is_socket]
TEXT = "Hello there."

Rewrite = Callable[[dict[str, Any]], list[object]]


def among(*others: object) -> Rewrite:
    """Write these before each message; one that is an object is about the same text."""

    def rewrite(message: dict[str, Any]) -> list[object]:
        ids = {name: message[name] for name in ("context_id", "contextId") if name in message}
        return [*(ids | one if isinstance(one, dict) else one for one in others), message]

    return rewrite


def without(*names: str) -> Rewrite:
    return lambda message: [{key: each for key, each in message.items() if key not in names}]


def timed(told: object) -> Rewrite:
    """Write this in the place of the times of words or letters."""
    names = ("alignment", "word_timestamps")
    return lambda message: [{key: told if key in names else each for key, each in message.items()}]


class Ending:
    """Says the end with the last of the audio."""

    def __init__(self) -> None:
        self._held: list[dict[str, Any]] = []

    def __call__(self, message: dict[str, Any]) -> list[object]:
        if message.get("audio") or message.get("data"):
            held, self._held = self._held, [message]
            return [*held]
        if message.get("isFinal") or message.get("type") == "done":
            end = {"isFinal": True} if "isFinal" in message else {"done": True}
            return [self._held.pop() | end]
        return [message]


async def heard_of(voice: Voice, rewrite: Rewrite, plan: Speech) -> tuple[Spoken, list[str]]:
    """Return what is heard of a server that writes otherwise, and what it was asked."""

    def written(message: str) -> list[str | bytes]:
        written = rewrite(json.loads(message))
        return [one if isinstance(one, str | bytes) else json.dumps(one) for one in written]

    async with open_voice(voice) as (service, server):
        server.rewrite, server.stays_open = written, True
        server.answer = lambda _: plan
        return await spoken(service, TEXT), server.texts


@pytest.mark.promise(
    "Text-to-speech",
    "A message on its socket that a voice does not know, or that lacks something, costs no word.",
)
@pytest.mark.parametrize(
    "rewrite",
    [
        among({"type": "phoneme_timestamps", "phoneme_timestamps": {}}),
        among({"type": None}),
        among({}),
        among({"audio": None, "data": None, "alignment": None}),
        among("ping", "[]", "null", '"x"', "", b"\x00\xff"),
        without("context_id", "contextId"),
        among({"audio": "x", "data": "x"}, {"audio": "\u00e9", "type": "chunk", "data": "\u00e9"}),
        timed(None),
        timed("soon"),
        timed({"words": None, "start": None, "chars": None}),
        timed({"words": ["a"], "start": [], "chars": ["a"], "charStartTimesMs": []}),
        timed({"words": [None], "start": [0.0], "chars": [None], "charStartTimesMs": [0]}),
        Ending(),
    ],
    ids=[
        "another kind",
        "no kind",
        "nothing",
        "nulls",
        "no JSON",
        "no id",
        "no audio",
        "no times",
        "words for times",
        "null times",
        "odd times",
        "null words",
        "end with audio",
    ],
)
@pytest.mark.parametrize("voice", SOCKETS, ids=lambda voice: voice.name)
async def test_an_odd_message_costs_no_word(voice: Voice, rewrite: Rewrite) -> None:
    heard, texts = await heard_of(voice, rewrite, Speech())
    assert heard == Spoken(pcm(), [TEXT], [TEXT], [])
    assert texts == [TEXT]


@pytest.mark.parametrize("status", [401, 402])
@pytest.mark.parametrize(
    "rewrite", [among(), without("context_id", "contextId")], ids=["of a text", "of none"]
)
@pytest.mark.parametrize("voice", SOCKETS, ids=lambda voice: voice.name)
async def test_a_failure_that_is_told_without_an_end_is_known_at_once(
    voice: Voice, rewrite: Rewrite, status: int
) -> None:
    heard, texts = await heard_of(voice, rewrite, Speech(status=status))
    known = {401: ErrorCategory.AUTHENTICATION, 402: ErrorCategory.QUOTA}
    assert [error.category for error in heard.errors][:1] == [known[status]]
    assert "Hello" not in " ".join(error.error for error in heard.errors)
    assert len(texts) <= 2


@pytest.mark.parametrize(
    ("texts", "times", "is_so"),
    [
        (["a", "b"], [0, 0.5], True),
        ([], [], True),
        (["a"], [], False),
        (["a"], ["0"], False),
        (["a"], None, False),
        ([1], [0], False),
        ("a", [0], False),
    ],
)
def test_times_belong_to_as_many_words(texts: object, times: object, *, is_so: bool) -> None:
    assert are_times(texts, times) is is_so


@pytest.mark.promise(
    "Text-to-speech",
    "A message on its socket that a voice does not know, or that lacks something, costs no word.",
)
@pytest.mark.parametrize("lengths", [None, [], [1], "soon", [None] * 13])
async def test_letters_of_no_length_are_times_of_words(lengths: object) -> None:
    def rewrite(message: str) -> list[str | bytes]:
        fields = json.loads(message)
        if "alignment" in fields:
            fields["alignment"]["charDurationsMs"] = lengths
        return [json.dumps(fields)]

    elevenlabs = next(one for one in VOICES if one.name == "elevenlabs")
    async with open_voice(elevenlabs) as (service, server):
        server.rewrite, server.stays_open = rewrite, True
        down, _ = await run_test(service, frames_to_send=[TTSSpeakFrame(TEXT)])
    words = [word for frame in down if isinstance(frame, SpokenWordsFrame) for word in frame.words]
    assert [word.text for word in words] == ["Hello", "there."]
    assert [word.at_secs for word in words] == pytest.approx([0.0, SECS / 2], abs=0.012)


class Texts:
    """Takes failures of the text being made, of which there is one at a time."""

    def __init__(self) -> None:
        self.current = self.following = "1"
        self.failures: list[str] = []
        self.asked = 0
        self.is_asked_again = asyncio.Event()

    async def listen(self, talk: Callable[[ServerConnection], Awaitable[None]]) -> None:
        """Read all that a server says."""
        async with serve(talk, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with connect(f"ws://127.0.0.1:{port}") as socket:
                messages = SocketMessages(
                    socket, text_of=self._text_of, read=lambda *_: (), fail=self._fail
                )
                assert not [message async for message in messages]

    def _text_of(self, said_id: str | None) -> str | None:
        current, self.current = self.current, self.following
        self.asked += 1
        if self.asked == 2:
            self.is_asked_again.set()
        return current if said_id in (None, current) else None

    async def _fail(self, failure: str) -> None:
        self.failures.append(failure)


async def test_why_a_far_server_closes_is_read_before_the_connection_has_ended() -> None:
    async def refuse(connection: ServerConnection) -> None:
        await connection.send('{"type": "error"}')
        # The client's word takes long to come here.
        connection.transport.pause_reading()
        connection.protocol.send_close(1008, "no such voice")
        connection.send_data()
        await asyncio.sleep(3 * CLOSE_SECS)
        connection.transport.abort()

    texts = Texts()
    with pytest.raises(FailedSpeechError, match="no such voice"):
        await texts.listen(refuse)
    assert not texts.failures


@pytest.mark.parametrize("is_cut", [True, False])
@pytest.mark.parametrize("said_id", [{}, {"context_id": "1"}])
async def test_a_failure_of_a_text_that_was_cut_is_none_of_the_next(
    said_id: dict[str, str], *, is_cut: bool
) -> None:
    async def fail(connection: ServerConnection) -> None:
        await connection.send(json.dumps({"type": "error", **said_id}))
        # As it came, and as it is to be told.
        await asyncio.wait_for(texts.is_asked_again.wait(), 10.0)

    texts = Texts()
    texts.following = "2" if is_cut else "1"
    await texts.listen(fail)
    assert len(texts.failures) == (not is_cut)

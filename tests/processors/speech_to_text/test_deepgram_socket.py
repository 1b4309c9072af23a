from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from pipecat.services.settings import STTSettings
from websockets.asyncio.server import ServerConnection, serve

from processors.speech_to_text.deepgram import DeepgramSpeechToText
from processors.speech_to_text.deepgram_socket import DeepgramSocket, open_deepgram_socket
from tests.fake_deepgram import FakeDeepgram, open_fake_deepgram
from tests.virtual_time import run_in_virtual_time


async def test_an_http_address_and_lists_in_the_query_are_understood() -> None:
    async with open_fake_deepgram() as fake:
        address = fake.base_url.replace("ws://", "http://") + "/"
        query = {"model": "m", "keyterm": ["a b", "c"]}
        async with open_deepgram_socket(base_url=address, api_key="k", query=query):
            await fake.until(connections=1)
    assert fake.queries == ["/v1/listen?model=m&keyterm=a+b&keyterm=c"]


@asynccontextmanager
async def connected() -> AsyncGenerator[tuple[FakeDeepgram, DeepgramSocket]]:
    async with (
        open_fake_deepgram() as fake,
        open_deepgram_socket(base_url=fake.base_url, api_key="k", query={}) as socket,
    ):
        yield fake, socket


async def test_long_audio_goes_out_in_pieces_and_whole() -> None:
    audio = bytes(range(256)) * 300
    async with connected() as (fake, socket):
        await socket.send_media(audio)
        await fake.until(audio_bytes=len(audio))
        assert not socket.is_stuck
        assert fake.audio == [audio]


async def test_sending_on_a_lost_connection_raises_nothing() -> None:
    async with connected() as (_, socket):
        await socket.abort()
        await socket.send_finalize()
        await socket.send_media(b"\x00\x00")


@pytest.mark.promise("Speech-to-text", "A network that takes nothing holds nobody.")
async def test_a_peer_that_takes_nothing_holds_no_send_and_no_end() -> None:
    left = asyncio.Event()

    async def take_nothing(connection: ServerConnection) -> None:
        connection.transport.pause_reading()
        await left.wait()
        connection.transport.abort()

    async with serve(take_nothing, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        address = f"ws://127.0.0.1:{port}"
        try:
            # As nothing waits for the peer this takes a second, the end's own patience.
            async with (
                asyncio.timeout(6.0),
                open_deepgram_socket(base_url=address, api_key="k", query={}) as socket,
            ):
                for _ in range(40):
                    await socket.send_media(bytes(320_000))
                    if socket.is_stuck:
                        break
                assert socket.is_stuck
        finally:
            left.set()


@pytest.mark.promise(
    "Speech-to-text", "A handshake that hangs is left after 3 s, for another attempt."
)
def test_a_handshake_that_hangs_is_left_after_three_seconds() -> None:
    async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def connect() -> float:
        async with await asyncio.start_server(never_answer, "127.0.0.1", 0) as server:
            address = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            with pytest.raises(TimeoutError):
                async with open_deepgram_socket(base_url=address, api_key="k", query={}):
                    pass
            left_secs = asyncio.get_running_loop().time()
            await asyncio.sleep(1.0)
        return left_secs

    assert 2.5 < run_in_virtual_time(connect()) < 3.5


def test_what_is_named_wins_over_what_the_settings_say() -> None:
    settings = STTSettings(model="old", language="fr", extra={"keyterm": ["Parley"]})
    named = DeepgramSpeechToText(api_key="k", model="new", language="de", settings=settings)
    other = DeepgramSpeechToText(api_key="k", settings=settings)
    assert (named.query["model"], named.query["language"]) == ("new", "de")
    assert (other.query["model"], other.query["language"]) == ("old", "fr")
    assert named.query["keyterm"] == ["Parley"]

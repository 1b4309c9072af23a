"""The contract of LiveKit's agents against the whole running assistant, models and all."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from livekit import rtc
from livekit.agents.voice.remote_session import RemoteSession
from livekit.protocol.agent_pb import agent_session as pb

from bench import voice
from bench.words import normalized
from tests.conformance.hooks_page import build_page, open_page, serve
from tests.conformance.listener import Caption, Listener
from tests.conftest import ARTEFACTS_DIR
from tests.e2e.stack import Stack, open_stack

pytestmark = pytest.mark.timeout(240)

GREETING_END = "do for you?"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with open_stack(ARTEFACTS_DIR / "conformance-runner.log", RESUME_SECS=10) as opened:
        yield opened


@pytest.fixture
async def caller(stack: Stack) -> AsyncIterator[Listener]:
    """A caller without a microphone, after the greeting."""
    started = await asyncio.to_thread(stack.start_session)
    async with Listener(url=started["server_url"], token=started["participant_token"]) as listener:
        await listener.until(lambda: any(c.is_closed for c in said(listener)), limit_secs=30)
        yield listener


def said(caller: Listener) -> list[Caption]:
    """What the bot said, as captions."""
    return [caption for caption in caller.seen.captions if caption.sender != caller.identity]


async def type_text(caller: Listener, text: str) -> Caption:
    """Type a line and wait for the whole answer."""
    count = len(said(caller))
    await caller.room.local_participant.send_text(text, topic="lk.chat")
    await caller.until(
        lambda: len(said(caller)) > count and said(caller)[-1].is_closed, limit_secs=30
    )
    return said(caller)[-1]


async def test_the_bot_joins_as_an_agent_and_greets_in_captions(caller: Listener) -> None:
    agent = caller.agent
    assert agent is not None
    assert agent.attributes["lk.agent.state"] in ("listening", "speaking")
    # Clients take whoever carries it for an avatar of somebody else.
    assert "lk.publish_on_behalf" not in agent.attributes
    tracks = list(agent.track_publications.values())
    assert [track.source for track in tracks] == [rtc.TrackSource.SOURCE_MICROPHONE]
    [greeting] = said(caller)
    assert greeting.text.endswith(GREETING_END)
    assert greeting.sender == agent.identity
    assert greeting.attributes["lk.transcription_final"] == "true"
    assert greeting.attributes["lk.transcribed_track_id"] == tracks[0].sid
    await caller.until(lambda: caller.seen.states[-1:] == ["listening"])


async def test_typed_text_is_answered_with_the_microphone_off(caller: Listener) -> None:
    answer = await type_text(caller, "What time is it in London?")
    assert "london" in normalized(answer.text)
    await caller.until(lambda: caller.seen.states[-3:] == ["thinking", "speaking", "listening"])


async def test_typed_text_cuts_what_the_bot_says(caller: Listener) -> None:
    await caller.room.local_participant.send_text("Tell me a long story.", topic="lk.chat")
    await caller.until(lambda: len(said(caller)) == 2 and len(said(caller)[1].text) > 40)
    answer = await type_text(caller, "What time is it in Paris?")
    story = said(caller)[1]
    assert story.attributes["parley.interrupted"] == "true"
    assert "paris" in normalized(answer.text)


async def test_a_page_of_text_is_refused_in_words(caller: Listener) -> None:
    answer = await type_text(caller, "word " * 2_000)
    assert "too long" in answer.text


async def test_the_session_channel_reports_the_conversation(caller: Listener) -> None:
    assert caller.agent is not None
    remote = RemoteSession.from_room(caller.room, caller.agent.identity)
    await remote.start()
    try:
        await remote.wait_for_ready()
        result = await remote.run("What time is it in London?")
        kinds = [item.WhichOneof("item") for item in result.items]
        assert kinds[-1] == "message"
        assert "function_call" in kinds and "function_call_output" in kinds
        assert "london" in normalized(result.items[-1].message.content[0].text)
        metrics = result.items[-1].message.metrics
        assert metrics.HasField("llm_node_ttft") and metrics.HasField("tts_node_ttfb")
        history = await remote.get_chat_history()
        roles = [i.message.role for i in history.items if i.HasField("message")]
        assert roles == [pb.ASSISTANT, pb.USER, pb.ASSISTANT]
        assert len((await remote.get_agent_info()).tools) >= 3
    finally:
        await remote.aclose()


async def test_no_change_of_an_attribute_takes_the_state_away_from_older_hooks(
    stack: Stack,
) -> None:
    # `useAgent` of components-react 2.9.20 knows of the last change alone, and a bot without a
    # state is not connected for it.
    started = await asyncio.to_thread(stack.start_by_token)
    changes: list[set[str]] = []
    async with Listener(url=started["server_url"], token=started["participant_token"]) as caller:
        caller.room.on(
            "participant_attributes_changed", lambda changed, _: changes.append(set(changed))
        )
        await caller.until(lambda: any(c.is_closed for c in said(caller)), limit_secs=30)
        await caller.until(lambda: caller.agent is not None and caller.agent.metadata != "")
        assert changes
        # Its caller is greeted at once.
        told = [change for change in changes if change != {"parley.state"}]
        assert [change for change in told if "lk.agent.state" not in change] == []


async def test_goodbye_tells_why_and_deletes_the_room(caller: Listener) -> None:
    ended: asyncio.Queue[int] = asyncio.Queue()
    caller.room.on("disconnected", ended.put_nowait)
    reasons: list[str] = []

    def keep(changed: dict[str, str], _: rtc.Participant) -> None:
        reasons.extend(filter(None, [changed.get("parley.end_reason")]))

    caller.room.on("participant_attributes_changed", keep)
    await caller.room.local_participant.send_text("Goodbye!", topic="lk.chat")
    assert await asyncio.wait_for(ended.get(), 30) == rtc.DisconnectReason.ROOM_DELETED
    assert reasons == ["goodbye"]
    assert [caption.error for caption in caller.seen.captions if caption.error] == []


@pytest.mark.promise(
    "Ending a call", "A caller who is gone is waited for until RESUME_SECS are over."
)
@pytest.mark.parametrize("away_secs", [0.5, 3.5])
async def test_who_has_no_microphone_comes_back_after_a_reload(
    stack: Stack, away_secs: float
) -> None:
    started = await asyncio.to_thread(stack.start_session)
    where = {"url": started["server_url"], "token": started["participant_token"]}
    async with Listener(**where) as before:
        await before.until(lambda: any(c.is_closed for c in said(before)), limit_secs=30)
    # LiveKit tells of people without a track every three seconds.
    await asyncio.sleep(away_secs)
    async with Listener(**where) as again:
        answer = await type_text(again, "What time is it in London?")
        assert "london" in normalized(answer.text)
        assert not [caption.text for caption in said(again) if GREETING_END in caption.text]


@pytest.mark.promise("Rooms", "A room whose session has ended is deleted and gets no other bot.")
async def test_a_token_that_is_used_again_after_its_call_is_refused_and_the_next_one_is_not(
    stack: Stack,
) -> None:
    for _ in range(2):
        started = await asyncio.to_thread(stack.start_by_token)
        where = {"url": started["server_url"], "token": started["participant_token"]}
        async with Listener(**where) as caller:
            await caller.until(lambda: any(c.is_closed for c in said(caller)), limit_secs=30)
            await asyncio.to_thread(stack.end, started)
        for _ in range(3):
            async with Listener(**where) as again:
                assert await again.disconnected() == rtc.DisconnectReason.ROOM_DELETED
                assert again.agent is None
        await asyncio.to_thread(stack.until, lambda: stack.active_bots() <= stack.resting_bots)


async def test_words_spoken_before_the_connection_stood_are_in_the_transcript(
    stack: Stack, tmp_path: Path
) -> None:
    build_page(tmp_path)
    microphone = tmp_path / "speech.wav"
    with wave.open(str(microphone), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(voice.spoken("What time is it in London?") + b"\0\0" * 16_000 * 30)
    started = await asyncio.to_thread(stack.start_session)
    with serve(tmp_path) as address:
        async with open_page(
            address,
            microphone=microphone,
            livekit_url=started["server_url"],
            token=started["participant_token"],
            token_ms=3_000,
        ) as hooks:
            await hooks.start()
            seen = await hooks.until(
                lambda seen: any(
                    "London" in message["text"]
                    for message in seen["messages"]
                    if message["type"] == "agentTranscript"
                )
            )
            await hooks.end()
    caller_said = [m["text"] for m in seen["messages"] if m["type"] == "userTranscript"]
    assert normalized(" ".join(caller_said)) == normalized("What time is it in London?")
    assert seen["failures"] == []

"""The room as LiveKit's unmodified React hooks see it, in Chromium."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from livekit import rtc
from pipecat.frames.frames import (
    InterimTranscriptionFrame,
    InterruptionFrame,
    TranscriptionFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)

from bot.livekit.server import LiveKitServer
from processors.frames import PlayoutStartedFrame, PlayoutStoppedFrame
from tests.conformance.hooks_page import TOKEN_MS, TONE_HZ, HooksPage, build_page, open_page, serve
from tests.conformance.stage_bot import StageBot, caller_words

LIMIT_SECS = 10.0
FORBIDDEN = "PublishTrackError: failed to publish track, insufficient permissions"
OBJECTIONS = {
    "camera": FORBIDDEN,
    "screen": FORBIDDEN,
    "screenSound": FORBIDDEN,
    "sourceless": FORBIDDEN,
    "name": "does not have permission to update own metadata",
    "metadata": "does not have permission to update own metadata",
    "attributes": "does not have permission to update own metadata",
    "call": "Method not supported at destination",
    "packet": "",
    "text": "",
    "file": "",
    "keyPress": "",
}
"""What livekit-client says of all that a token forbids, and of what nobody reads."""
Seen = Mapping[str, Any]


@pytest.fixture(scope="module")
def page_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hooks")
    build_page(folder)
    return folder


@pytest.fixture(scope="module")
def page_address(page_folder: Path) -> Iterator[str]:
    with serve(page_folder) as address:
        yield address


@pytest.fixture
async def hooks(
    page_address: str,
    page_folder: Path,
    livekit_server: LiveKitServer,
    stage_bot: StageBot,
    caller_token: str,
) -> AsyncIterator[HooksPage]:
    """A page about to start, with the bot already in the room."""
    stage_bot.audience.tell(lambda to: to.began())
    async with open_page(
        page_address,
        microphone=page_folder / "tone.wav",
        livekit_url=livekit_server.url,
        token=caller_token,
    ) as page:
        yield page
    assert [error for error in page.console_errors if not _is_tolerated(error)] == []


def _is_tolerated(error: str) -> bool:
    # livekit-client may miss that its track was subscribed, then records on for ten seconds and
    # complains if the call ends before ("there might be a race", LocalParticipant.ts).
    return error.startswith("error sending preconnect buffer")


async def started(hooks: HooksPage) -> Seen:
    await hooks.start()
    return await hooks.until(lambda seen: seen["agentStates"][-1] == "listening")


def texts(seen: Seen, kind: str) -> list[str]:
    return [message["text"] for message in seen["messages"] if message["type"] == kind]


async def _greet(stage_bot: StageBot) -> None:
    await stage_bot.show(PlayoutStartedFrame())
    for word in ("Hi,", " I", " am", " here."):
        await stage_bot.say(word)
        await asyncio.sleep(0.1)
    await stage_bot.show(PlayoutStoppedFrame())


async def test_the_hooks_find_the_agent_its_state_and_its_track(
    stage_bot: StageBot, hooks: HooksPage
) -> None:
    seen = await started(hooks)
    assert seen["agentIdentity"] == stage_bot.identity
    assert seen["failures"] == []
    await hooks.until(lambda seen: seen["hasAgentTrack"])
    await hooks.until(lambda seen: seen["voiceAssistantState"] == "listening")
    await stage_bot.show(caller_words(TranscriptionFrame, "Hello"), UserStoppedSpeakingFrame())
    await hooks.until(lambda seen: seen["agentStates"][-1] == "thinking")
    await stage_bot.show(PlayoutStartedFrame())
    await hooks.until(lambda seen: seen["voiceAssistantState"] == "speaking")
    await stage_bot.show(PlayoutStoppedFrame(is_interrupted=True), InterruptionFrame())
    await hooks.until(lambda seen: seen["agentStates"][-1] == "listening")


async def test_a_conversation_is_shown_in_order_each_side_under_its_name(
    stage_bot: StageBot, hooks: HooksPage
) -> None:
    await started(hooks)
    for question, answer in (("What time is it?", "It is ten."), ("And now?", "Still ten.")):
        for frame in (
            caller_words(InterimTranscriptionFrame, question[:5]),
            UserStartedSpeakingFrame(),
            caller_words(TranscriptionFrame, question),
            UserStoppedSpeakingFrame(),
            PlayoutStartedFrame(),
        ):
            await stage_bot.show(frame)
            await asyncio.sleep(0.03)
        for word in answer.split(" "):
            await stage_bot.say(word if answer.startswith(word) else f" {word}")
            await asyncio.sleep(0.03)
        await stage_bot.show(PlayoutStoppedFrame())
    seen = await hooks.until(lambda seen: texts(seen, "agentTranscript")[-1:] == ["Still ten."])
    assert [(m["type"], m["text"], m["from"]) for m in seen["messages"]] == [
        ("userTranscript", "What time is it?", seen["ownIdentity"]),
        ("agentTranscript", "It is ten.", stage_bot.identity),
        ("userTranscript", "And now?", seen["ownIdentity"]),
        ("agentTranscript", "Still ten.", stage_bot.identity),
    ]
    assert len(seen["transcriptions"]) == 4, "one bubble per utterance"
    # The older packets, which this hook still reads.
    await hooks.until(
        lambda seen: (
            [(s["text"], s["final"]) for s in seen["agentTranscriptions"]][-1:]
            == [("Still ten.", True)]
        )
    )


@pytest.mark.promise(
    "Captions and clients",
    "A page that mounts its transcript within a second of joining misses no word of the greeting.",
)
@pytest.mark.parametrize("mount_ms", [200, 500, 800])
async def test_a_greeting_is_shown_by_a_page_that_mounts_late(
    stage_bot: StageBot,
    page_address: str,
    page_folder: Path,
    livekit_server: LiveKitServer,
    caller_token: str,
    mount_ms: int,
) -> None:
    stage_bot.audience.tell(lambda to: to.began())

    def greet(_: rtc.RemoteParticipant) -> None:
        # As a session does.
        stage_bot.audience.tell(lambda to: to.caller_came())
        greeted.append(asyncio.ensure_future(_greet(stage_bot)))

    greeted: list[asyncio.Future[None]] = []
    stage_bot.room.on("participant_connected", greet)
    async with open_page(
        page_address,
        microphone=page_folder / "tone.wav",
        livekit_url=livekit_server.url,
        token=caller_token,
        token_ms=0,
        mount_ms=mount_ms,
    ) as page:
        await page.start()
        await page.until(lambda seen: texts(seen, "agentTranscript") == ["Hi, I am here."])
    await asyncio.gather(*greeted)


async def test_typed_text_reaches_the_bot_once_and_shows_once(
    stage_bot: StageBot, hooks: HooksPage
) -> None:
    await started(hooks)
    await hooks.send("What is the weather?")
    assert await asyncio.wait_for(stage_bot.texts.get(), LIMIT_SECS) == "What is the weather?"
    await stage_bot.show(PlayoutStartedFrame())
    await stage_bot.say("Sunny.")
    await stage_bot.show(PlayoutStoppedFrame())
    seen = await hooks.until(lambda seen: texts(seen, "agentTranscript") == ["Sunny."])
    assert texts(seen, "chatMessage") == ["What is the weather?"]
    assert seen["chatMessages"] == ["What is the weather?"]
    assert stage_bot.texts.empty()


async def test_what_is_forbidden_or_of_no_use_is_told_and_the_call_goes_on(
    stage_bot: StageBot, hooks: HooksPage
) -> None:
    seen = await started(hooks)
    objections = {what: await hooks.attempt(what) for what in OBJECTIONS}
    told = {
        what: OBJECTIONS[what] if OBJECTIONS[what] in objection else objection
        for what, objection in objections.items()
        if objection
    }
    assert told == {what: words for what, words in OBJECTIONS.items() if words}
    caller = stage_bot.room.remote_participants[seen["ownIdentity"]]
    sources = [track.source for track in caller.track_publications.values()]
    assert sources == [rtc.TrackSource.SOURCE_MICROPHONE]
    assert stage_bot.texts.empty()
    await hooks.send("Are you there?")
    assert await asyncio.wait_for(stage_bot.texts.get(), LIMIT_SECS) == "Are you there?"
    await stage_bot.show(PlayoutStartedFrame())
    await stage_bot.say("Yes.")
    await stage_bot.show(PlayoutStoppedFrame())
    await hooks.until(lambda seen: texts(seen, "agentTranscript") == ["Yes."])


async def test_what_chromium_recorded_while_connecting_is_heard(
    stage_bot: StageBot, hooks: HooksPage
) -> None:
    recordings: asyncio.Queue[bytes | None] = asyncio.Queue()
    tasks: list[asyncio.Task[None]] = []

    async def hear(publication: rtc.RemoteTrackPublication) -> None:
        early = stage_bot.pre_connect_audio
        await recordings.put(await early.audio_before(publication))

    def on_subscribed(
        _: rtc.Track, publication: rtc.RemoteTrackPublication, __: rtc.RemoteParticipant
    ) -> None:
        tasks.append(asyncio.create_task(hear(publication)))

    stage_bot.room.on("track_subscribed", on_subscribed)
    await started(hooks)
    pcm = await asyncio.wait_for(recordings.get(), LIMIT_SECS)
    assert pcm is not None
    samples = np.frombuffer(pcm, np.int16)
    # The browser takes a moment to open its microphone.
    assert len(samples) / 16_000 > TOKEN_MS / 4_000
    spectrum = np.abs(np.fft.rfft(samples))
    assert abs(spectrum.argmax() * 16_000 / len(samples) - TONE_HZ) < 20
    await asyncio.wait(tasks)


async def test_the_page_learns_why_a_call_ended(stage_bot: StageBot, hooks: HooksPage) -> None:
    await started(hooks)
    await stage_bot.audience.close(reason="time_limit")
    await hooks.until(lambda seen: seen["endReason"] == "time_limit")
    await hooks.end()
    await hooks.until(lambda seen: seen["connection"] == "disconnected")

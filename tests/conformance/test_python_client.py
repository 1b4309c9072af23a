"""The room as LiveKit's Python client and livekit-agents' own remote session see it."""

from __future__ import annotations

import asyncio

import pytest
from google.protobuf.json_format import MessageToDict
from livekit import rtc
from livekit.agents.voice.remote_session import RemoteSession
from livekit.protocol.agent_pb import agent_session as pb
from livekit.rtc._proto.room_pb2 import SimulateScenarioKind
from pipecat.frames.frames import (
    ErrorFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    LLMContextAssistantTurnFrame,
    LLMContextUserTurnFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    TranscriptionFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)

from bot.livekit.server import LiveKitServer
from processors.agent_protocol.chat import MAX_TEXT_CHARS, Refusal
from processors.frames import PlayoutStartedFrame, PlayoutStoppedFrame
from tests.conformance.listener import Listener
from tests.conformance.stage_bot import StageBot, caller_words

LIMIT_SECS = 5.0


async def test_the_bot_is_found_as_an_agent_with_a_state_and_one_microphone(
    stage_bot: StageBot, caller: Listener
) -> None:
    await caller.until(lambda: "listening" in caller.seen.states)
    assert caller.agent is not None
    assert caller.agent.identity == stage_bot.identity
    assert caller.agent.attributes["lk.agent.state"] == "listening"
    await caller.until(
        lambda: caller.agent is not None and len(caller.agent.track_publications) > 0
    )
    sources = [track.source for track in caller.agent.track_publications.values()]
    assert sources == [rtc.TrackSource.SOURCE_MICROPHONE]


async def test_the_state_follows_a_turn_and_its_interruption(
    stage_bot: StageBot, caller: Listener
) -> None:
    for frames, state in (
        ([caller_words(TranscriptionFrame, "Hello"), UserStoppedSpeakingFrame()], "thinking"),
        ([LLMFullResponseStartFrame(), PlayoutStartedFrame()], "speaking"),
        (
            [
                UserStartedSpeakingFrame(),
                PlayoutStoppedFrame(is_interrupted=True),
                InterruptionFrame(),
            ],
            "listening",
        ),
    ):
        await stage_bot.show(*frames)
        await caller.until(lambda state=state: caller.seen.states[-1:] == [state])
    assert caller.seen.states == ["listening", "thinking", "speaking", "listening"]


async def test_a_failed_answer_ends_in_listening(stage_bot: StageBot, caller: Listener) -> None:
    await stage_bot.show(LLMFullResponseStartFrame())
    await caller.until(lambda: caller.seen.states[-1:] == ["thinking"])
    await stage_bot.show(LLMFullResponseEndFrame(), ErrorFrame("no answer"))
    await caller.until(lambda: caller.seen.states[-1:] == ["listening"])


async def test_the_callers_words_are_one_segment_in_the_callers_name(
    stage_bot: StageBot, caller: Listener
) -> None:
    for frame in (
        caller_words(InterimTranscriptionFrame, "what"),
        UserStartedSpeakingFrame(),
        caller_words(TranscriptionFrame, "what time"),
        caller_words(InterimTranscriptionFrame, "is"),
        caller_words(TranscriptionFrame, "is it"),
        UserStoppedSpeakingFrame(),
    ):
        await stage_bot.show(frame)
        await asyncio.sleep(0.02)
    await caller.until(
        lambda: any(
            caption.attributes["lk.transcription_final"] == "true" and caption.is_closed
            for caption in caller.seen.captions
        )
    )
    [newest] = caller.latest().values()
    assert newest.text == "what time is it"
    assert {caption.sender for caption in caller.seen.captions} == {caller.identity}
    assert caller.seen.captions[0].attributes["lk.transcription_final"] == "false"
    assert len(caller.seen.captions) > 2


async def test_a_reply_grows_word_by_word_and_ends_where_it_was_cut(
    stage_bot: StageBot, caller: Listener
) -> None:
    await stage_bot.show(PlayoutStartedFrame())
    for words in ("Once", " upon", " a time"):
        await stage_bot.say(words)
        await asyncio.sleep(0.02)
    await caller.until(lambda: [c.text for c in caller.seen.captions] == ["Once upon a time"])
    [caption] = caller.seen.captions
    assert not caption.is_closed
    assert caption.attributes["lk.transcription_final"] == "false"
    await stage_bot.show(PlayoutStoppedFrame(is_interrupted=True))
    await caller.until(lambda: caption.is_closed)
    assert caption.sender == stage_bot.identity
    assert caption.attributes["lk.transcription_final"] == "true"
    assert caption.attributes["parley.interrupted"] == "true"
    [publication] = stage_bot.room.local_participant.track_publications.values()
    assert caption.attributes["lk.transcribed_track_id"] == publication.sid
    assert caption.error == ""


async def test_the_callers_final_is_there_before_the_reply_begins(
    stage_bot: StageBot, caller: Listener
) -> None:
    for _ in range(10):
        caller.seen.captions.clear()
        await stage_bot.show(
            UserStartedSpeakingFrame(),
            caller_words(TranscriptionFrame, "Hello"),
            UserStoppedSpeakingFrame(),
            PlayoutStartedFrame(),
        )
        await stage_bot.say("Hi")
        await stage_bot.show(PlayoutStoppedFrame())
        await caller.until(lambda: any(c.text == "Hi" for c in caller.seen.captions))
        senders = [caption.sender for caption in caller.seen.captions]
        assert senders.index(stage_bot.identity) == len(senders) - 1
        assert caller.seen.captions[-2].attributes["lk.transcription_final"] == "true"


async def test_a_bot_that_leaves_mid_sentence_leaves_no_broken_stream(
    stage_bot: StageBot, caller: Listener
) -> None:
    await stage_bot.show(PlayoutStartedFrame())
    await stage_bot.say("I was about to")
    await caller.until(lambda: len(caller.seen.captions) == 1)
    await stage_bot.audience.close(reason="time_limit")
    assert caller.agent is not None
    await caller.until(
        lambda: (
            caller.agent is not None
            and caller.agent.attributes.get("parley.end_reason") == "time_limit"
        )
    )
    await stage_bot.room.disconnect()
    [caption] = caller.seen.captions
    await caller.until(lambda: caption.is_closed)
    assert (caption.text, caption.error) == ("I was about to", "")


async def test_typed_text_arrives_once_and_only_from_the_caller(
    livekit_server: LiveKitServer, stage_bot: StageBot, caller: Listener, observer_token: str
) -> None:
    await caller.room.local_participant.send_text("What time is it?", topic="lk.chat")
    # The older packet that LiveKit's components send along.
    await caller.room.local_participant.publish_data(
        '{"id": "1", "timestamp": 1, "message": "What time is it?", "ignoreLegacy": true}',
        topic="lk-chat-topic",
    )
    assert await asyncio.wait_for(stage_bot.texts.get(), LIMIT_SECS) == "What time is it?"
    async with Listener(url=livekit_server.url, token=observer_token) as observer:
        await observer.room.local_participant.send_text("Hang up!", topic="lk.chat")
        await caller.room.local_participant.send_text("And now?", topic="lk.chat")
        assert await asyncio.wait_for(stage_bot.texts.get(), LIMIT_SECS) == "And now?"
    assert stage_bot.texts.empty()


@pytest.mark.parametrize("length", [MAX_TEXT_CHARS + 1, 10_000, 200_000])
async def test_a_text_that_is_too_long_is_answered_with_a_sentence(
    stage_bot: StageBot, caller: Listener, length: int
) -> None:
    await caller.room.local_participant.send_text("long " * (length // 5 + 1), topic="lk.chat")
    assert await asyncio.wait_for(stage_bot.refusals.get(), LIMIT_SECS) is Refusal.TOO_LONG
    assert stage_bot.texts.empty()


async def test_a_recording_from_before_the_connection_is_decoded(
    stage_bot: StageBot, caller: Listener
) -> None:
    source = rtc.AudioSource(48_000, 1)
    track = rtc.LocalAudioTrack.create_audio_track("mic", source)
    options = rtc.TrackPublishOptions(
        source=rtc.TrackSource.SOURCE_MICROPHONE, preconnect_buffer=True
    )
    sent = await caller.room.local_participant.publish_track(track, options)
    pcm = bytes(range(256)) * 250
    writer = await caller.room.local_participant.stream_bytes(
        "preconnect-buffer",
        topic="lk.agent.pre-connect-audio-buffer",
        attributes={"trackId": sent.sid, "sampleRate": "16000", "channels": "1"},
        destination_identities=[stage_bot.identity],
    )
    for start in range(0, len(pcm), 3_200):
        await writer.write(pcm[start : start + 3_200])
    await writer.aclose()

    def publication() -> rtc.RemoteTrackPublication | None:
        remote = stage_bot.room.remote_participants.get(caller.identity)
        return remote.track_publications.get(sent.sid) if remote else None

    await caller.until(lambda: publication() is not None)
    found = publication()
    assert found is not None
    assert await stage_bot.pre_connect_audio.audio_before(found) == pcm


async def _is_uplink_measured(remote: RemoteSession) -> bool:
    """Whether what the playground calls the uplink's latency is there.

    It is counted in whole milliseconds: on one machine 0.0 is a true one.
    """
    asked = pb.SessionRequest(request_id="s", get_rtc_stats=pb.SessionRequest.GetRTCStats())
    # The Python client has no call of its own for it.
    response = await remote._send_request(asked)  # pyright: ignore[reportPrivateUsage]
    entries = [MessageToDict(one) for one in response.get_rtc_stats.publisher_stats]
    pairs = [one["candidatePair"]["candidatePair"] for one in entries if "candidatePair" in one]
    answered = [pair for pair in pairs if int(pair["responsesReceived"]) > 0]
    return any("currentRoundTripTime" in pair for pair in answered)


async def test_livekits_own_remote_session_works_against_the_bot(
    stage_bot: StageBot, caller: Listener
) -> None:
    remote = RemoteSession.from_room(caller.room, stage_bot.identity)
    events: list[str] = []
    for kind in ("agent_state_changed", "user_input_transcribed", "conversation_item_added"):
        remote.on(kind, lambda event: events.append(event.WhichOneof("event")))
    await remote.start()
    try:
        await remote.wait_for_ready(timeout=LIMIT_SECS)
        await stage_bot.show(
            UserStartedSpeakingFrame(),
            caller_words(TranscriptionFrame, "Hello"),
            UserStoppedSpeakingFrame(),
            LLMContextUserTurnFrame("Hello", ""),
            PlayoutStartedFrame(),
            PlayoutStoppedFrame(),
            LLMContextAssistantTurnFrame("Hi there", ""),
        )
        history = await remote.get_chat_history()
        texts = [item.message.content[0].text for item in history.items]
        assert texts == ["Hello", "Hi there"]
        state = await remote.get_session_state()
        assert state.agent_state == pb.AS_LISTENING
        assert (await remote.get_agent_info()).id == "parley"
        assert (await remote.get_framework_info()).sdk == "python"
        running = asyncio.ensure_future(remote.run("What is up?"))
        assert await asyncio.wait_for(stage_bot.texts.get(), LIMIT_SECS) == "What is up?"
        await stage_bot.show(LLMContextAssistantTurnFrame("Not much", ""))
        result = await asyncio.wait_for(running, LIMIT_SECS)
        assert result.items[0].message.content[0].text == "Not much"
        assert await _is_uplink_measured(remote)
        with pytest.raises(RuntimeError, match="unsupported request: update_io"):
            await remote.update_io(input_audio_enabled=False)
    finally:
        await remote.aclose()
    assert {"agent_state_changed", "user_input_transcribed", "conversation_item_added"} <= set(
        events
    )


@pytest.mark.parametrize("kind", ["SIMULATE_SIGNAL_RECONNECT", "SIMULATE_FULL_RECONNECT"])
async def test_a_bot_that_reconnects_keeps_its_state_and_its_captions(
    stage_bot: StageBot, caller: Listener, kind: str
) -> None:
    back = asyncio.Event()
    stage_bot.room.on("reconnected", back.set)
    await stage_bot.show(PlayoutStartedFrame())
    await stage_bot.say("One")
    await caller.until(lambda: len(caller.seen.captions) > 0)
    await stage_bot.room.simulate_scenario(SimulateScenarioKind.Value(kind))
    await asyncio.wait_for(back.wait(), 3 * LIMIT_SECS)
    await stage_bot.say(" two")
    await stage_bot.show(PlayoutStoppedFrame())
    await caller.until(lambda: [c.text for c in caller.latest().values()] == ["One two"])
    await caller.until(
        lambda: (
            caller.agent is not None
            and caller.agent.attributes.get("lk.agent.state") == "listening"
        )
    )

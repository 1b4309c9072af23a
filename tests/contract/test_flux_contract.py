"""Deepgram's unmodified SDK against our stand-in for Flux, and its messages against ours."""

from __future__ import annotations

import inspect
import json

import pytest
from deepgram import AsyncDeepgramClient
from deepgram.environment import DeepgramClientEnvironment
from deepgram.listen.v2.client import AsyncV2Client
from deepgram.listen.v2.types import (
    ListenV2CloseStream,
    ListenV2Connected,
    ListenV2ForceEndTurn,
    ListenV2TurnInfo,
    ListenV2Warning,
)
from pipecat.services.deepgram.flux.stt_base import FluxEventType

from processors.speech_to_text.deepgram_flux import FluxSpeechToText
from processors.speech_to_text.flux_messages import FluxSocket
from tests.services.stand_ins.flux import CONNECTED, NO_TURN, open_fake_flux, turn_info


def test_what_we_send_is_what_the_sdk_sends() -> None:
    assert json.loads(FluxSocket.FINALIZE) == ListenV2ForceEndTurn().dict()
    assert json.loads(FluxSocket.CLOSE) == ListenV2CloseStream().dict()


@pytest.mark.parametrize("language", ["multi", "de"])
def test_what_we_ask_a_connection_for_is_what_the_sdk_knows(language: str) -> None:
    known = inspect.signature(AsyncV2Client.connect).parameters
    service = FluxSpeechToText(api_key="k", model="flux-general-multi", language=language)
    assert service.query.keys() <= known.keys()


@pytest.mark.parametrize("event", FluxEventType)
def test_our_stand_in_says_whole_messages(event: FluxEventType) -> None:
    said = turn_info(event.value, "good morning", (0.0, 1.0), confidence=0.5)
    message = ListenV2TurnInfo.model_validate(said)
    assert (message.event, message.trigger) == (
        event.value,
        "manual" if event is FluxEventType.END_OF_TURN else None,
    )
    assert ListenV2TurnInfo.model_fields.keys() - said.keys() <= {
        "trigger",
        "languages",
        "languages_hinted",
    }
    assert ListenV2Connected.model_validate(CONNECTED)
    assert ListenV2Warning.model_validate(NO_TURN).code == "FORCE_END_TURN_NO_ACTIVE_TURN"


async def test_the_sdk_is_understood_by_our_stand_in() -> None:
    async with open_fake_flux() as fake:
        environment = DeepgramClientEnvironment(
            base=fake.base_url, production=fake.base_url, agent="", agent_rest=""
        )
        client = AsyncDeepgramClient(api_key="k", environment=environment)
        async with client.listen.v2.connect(
            model="flux-general-en", encoding="linear16", sample_rate=16_000
        ) as socket:
            assert isinstance(await socket.recv(), ListenV2Connected)
            await socket.send_media(bytes(3200))
            await socket.send_force_end_turn()
            await fake.until(audio_bytes=3200, message="ForceEndTurn")
            await fake.tell("EndOfTurn", "Good morning.", (0.0, 0.1), confidence=0.4)
            turn = await socket.recv()
            assert isinstance(turn, ListenV2TurnInfo)
            assert (turn.transcript, turn.end_of_turn_confidence) == ("Good morning.", 0.4)
        assert "/v2/listen?model=flux-general-en" in fake.queries[0]

"""What Flux is asked for, and what becomes of words that its turns do not end, in virtual time."""

from __future__ import annotations

import asyncio
import json

import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
)
from pipecat.utils.errors import ErrorCategory

from processors.frames import EndOfTurnHeardFrame, TranscriptSettledFrame
from processors.speech_to_text.deepgram_flux import FluxSpeechToText
from tests.processors.speech_to_text.virtual_flux import FluxTalk, flux_talk
from tests.services.stand_ins.flux import KNOWN, NO_TURN

_WORDS = "Good morning to you."
_SECOND = 31
"""Windows of 32 ms."""


def finals(talk: FluxTalk) -> list[tuple[str, bool]]:
    return [(one.text, one.finalized) for one in talk.heard(TranscriptionFrame)]


@pytest.mark.promise(
    "Speech-to-text", "Flux is told of the caller's language if its model knows several."
)
@pytest.mark.parametrize(
    ("model", "language", "hint"),
    [
        ("", "", None),
        ("flux-general-en", "en-GB", None),
        ("flux-general-multi", "de", "de"),
        ("flux-general-multi", "pt-BR", "pt-BR"),
        ("flux-general-multi", "multi", None),
    ],
)
def test_a_language_is_declared_to_the_model_that_knows_several(
    model: str, language: str, hint: str | None
) -> None:
    query = FluxSpeechToText(api_key="k", model=model, language=language).query
    assert query.get("language_hint") == hint
    assert query["model"] == (model or "flux-general-en")
    assert "language" not in query


def test_a_request_that_finds_no_turn_is_not_waited_for() -> None:
    async def body(talk: FluxTalk) -> None:
        await talk.say(_SECOND)
        await talk.tell("EndOfTurn", _WORDS, confidence=0.9)
        await talk.rig.hush(9)
        assert talk.connection.kinds == ["ForceEndTurn"]
        talk.connection.send_raw(json.dumps(NO_TURN))
        assert await talk.windows_until_over() <= 1
        assert talk.rig.messages == [_WORDS]
        await talk.rig.hush(2 * _SECOND)
        # Nor is the connection called dead.
        assert len(talk.server.connections) == 1

    flux_talk(body)


@pytest.mark.promise(
    "Speech-to-text", "A short word that Flux hears after it was asked for is asked for again."
)
def test_words_whose_turn_begins_after_the_request_are_asked_for_again() -> None:
    async def body(talk: FluxTalk) -> None:
        await talk.say(10)
        await talk.rig.hush(7)
        assert talk.connection.kinds == ["ForceEndTurn"]
        # On its way since before the request.
        await talk.tell("StartOfTurn", "Stop.", lag_secs=0.2)
        assert talk.connection.kinds == ["ForceEndTurn"]
        await talk.rig.hush(5)
        await talk.tell("Update", "Stop.", lag_secs=0.03)
        assert talk.connection.kinds == ["ForceEndTurn", "ForceEndTurn"]
        await talk.tell("EndOfTurn", "Stop.", lag_secs=0.03)
        assert [final for final in talk.heard(TranscriptionFrame)][0].finalized
        assert await talk.windows_until_over() <= 1
        await talk.tell("Update", lag_secs=0.0)
        assert talk.connection.kinds == ["ForceEndTurn", "ForceEndTurn"]

    flux_talk(body)


@pytest.mark.promise(
    "Speech-to-text", "A cough that Flux has no words for is over as soon as it has heard past it."
)
def test_audio_without_a_turn_behind_the_request_says_that_no_words_follow() -> None:
    async def body(talk: FluxTalk) -> None:
        await talk.say(10)
        await talk.rig.hush(7)
        await talk.tell("Update", lag_secs=0.1)
        assert not talk.heard(TranscriptSettledFrame)
        await talk.rig.hush(5)
        await talk.tell("Update", lag_secs=0.0)
        await talk.tell("Update", lag_secs=0.0)
        assert len(talk.heard(TranscriptSettledFrame)) == 1
        await talk.rig.hush(10)
        assert talk.rig.is_over and not talk.rig.messages

    flux_talk(body)


@pytest.mark.promise(
    "Speech-to-text", "Words that Flux has not heard to the end are not the last ones."
)
@pytest.mark.parametrize(("lag_secs", "is_last"), [(0.05, True), (0.3, False)])
def test_an_end_that_does_not_reach_to_what_was_said_is_not_the_last_word(
    lag_secs: float, is_last: bool
) -> None:
    async def body(talk: FluxTalk) -> None:
        await talk.say(_SECOND)
        await talk.rig.hush(7)
        await talk.tell("EndOfTurn", "Good morning", lag_secs=lag_secs)
        assert finals(talk) == [("Good morning", is_last)]

    flux_talk(body)


@pytest.mark.promise("Speech-to-text", "Each word that Flux says twice or late is heard once.")
@pytest.mark.parametrize("events", [("EndOfTurn",), ("Update", "EagerEndOfTurn"), ("TurnResumed",)])
def test_words_of_a_turn_that_has_ended_do_not_come_again(events: tuple[str, ...]) -> None:
    async def body(talk: FluxTalk) -> None:
        await talk.say(_SECOND)
        await talk.tell("EndOfTurn", _WORDS)
        for event in events:
            await talk.tell(event, _WORDS)
        await talk.say(_SECOND)
        await talk.tell("Update", "And you?", begin_secs=1.1)
        await talk.tell("EndOfTurn", "And you?", begin_secs=1.1)
        assert [text for text, _ in finals(talk)] == [_WORDS, "And you?"]
        assert [one.text for one in talk.heard(InterimTranscriptionFrame)] == ["And you?"]

    flux_talk(body)


def test_an_end_says_how_sure_it_is_behind_its_words_and_a_resumed_turn_ahead_of_them() -> None:
    async def body(talk: FluxTalk) -> None:
        await talk.say(_SECOND)
        await talk.tell("EagerEndOfTurn", "Good", confidence=0.6, lag_secs=0.25)
        await talk.tell("TurnResumed", "Good morning")
        kinds = (InterimTranscriptionFrame, EndOfTurnHeardFrame)
        told = talk.heard(*kinds)
        assert [type(frame) for frame in told] == [*kinds, *reversed(kinds)]
        assert (told[1].confidence, told[2].confidence) == (0.6, 0.0)
        assert told[1].metadata["lag_secs"] == pytest.approx(0.25)

    flux_talk(body)


@pytest.mark.promise(
    "Speech-to-text", "Words that Flux had not ended when its connection broke are said again once."
)
def test_a_turn_that_a_lost_connection_cuts_is_heard_again_once() -> None:
    async def body(talk: FluxTalk) -> None:
        await talk.say(_SECOND)
        await talk.tell("EndOfTurn", _WORDS)
        await talk.say(_SECOND)
        await talk.tell("Update", "And", begin_secs=1.1)
        talk.connection.end()
        await asyncio.sleep(0.5)
        assert len(talk.server.connections) == 2
        await talk.rig.hush(7)
        assert 0.9 <= talk.connection.heard_secs <= 1.6
        assert "ForceEndTurn" in talk.connection.kinds
        await talk.tell("EndOfTurn", "And you?")
        await talk.windows_until_over()
        assert talk.rig.messages == [f"{_WORDS} And you?"]

    flux_talk(body)


@pytest.mark.promise(
    "Speech-to-text",
    "Words that Flux has shown are not lost with a connection, however long the turn.",
)
def test_words_that_are_too_old_to_be_said_again_are_taken_when_a_connection_is_lost() -> None:
    async def body(talk: FluxTalk) -> None:
        await talk.say(13 * _SECOND)
        await talk.tell("Update", "One two three four five six seven")
        talk.connection.end()
        await asyncio.sleep(0.5)
        assert talk.connection.heard_secs < 10.5
        await talk.say(_SECOND)
        await talk.tell("Update", "Five six seven eight")
        await talk.rig.hush(7)
        await talk.tell("EndOfTurn", "Five six seven eight.", confidence=0.9)
        await talk.windows_until_over()
        assert talk.rig.messages == ["One two three four five six seven eight."]

    flux_talk(body)


@pytest.mark.promise("Speech-to-text", "A muted microphone costs no connection.")
def test_a_microphone_without_audio_keeps_its_connection_and_its_time() -> None:
    async def body(talk: FluxTalk) -> None:
        await talk.say(_SECOND)
        await talk.tell("EndOfTurn", _WORDS)
        await asyncio.sleep(60.0)
        assert len(talk.server.connections) == 1
        assert set(talk.connection.kinds) <= set(KNOWN)
        await talk.say(_SECOND)
        await talk.tell("Update", "And you?", begin_secs=2.0, lag_secs=0.1)
        words = talk.heard(InterimTranscriptionFrame)[-1]
        assert words.metadata["lag_secs"] == pytest.approx(0.1)

    flux_talk(body)


def test_nothing_is_sent_that_flux_does_not_know() -> None:
    kinds: list[str] = []

    async def body(talk: FluxTalk) -> None:
        talk.connection.kinds = kinds
        await talk.say(10)
        await talk.rig.hush(10)

    flux_talk(body)
    assert kinds == ["ForceEndTurn", "CloseStream"]


def test_an_error_is_told_and_the_next_connection_hears_on() -> None:
    async def body(talk: FluxTalk) -> None:
        await talk.say(_SECOND)
        talk.connection.send_raw('{"type":"Error","code":"INTERNAL_SERVER_ERROR"}')
        talk.connection.end()
        await asyncio.sleep(0.5)
        await talk.say(_SECOND)
        errors = [one for one in talk.rig.pipeline.up if isinstance(one, ErrorFrame)]
        assert "INTERNAL_SERVER_ERROR" in errors[0].error
        assert errors[0].category is ErrorCategory.UNKNOWN
        assert len(talk.server.connections) == 2 and talk.service.is_usable
        assert talk.connection.heard_secs > 1.9

    flux_talk(body)


@pytest.mark.parametrize("text", ["", _WORDS])
def test_a_flux_that_ignores_every_request_holds_no_turn(text: str) -> None:
    async def body(talk: FluxTalk) -> None:
        await talk.say(_SECOND)
        if text:
            await talk.tell("Update", text)
        talk.connection.send_raw(json.dumps(NO_TURN))
        for _ in range(60):
            await talk.rig.hush(1)
        assert talk.rig.is_over
        assert talk.rig.messages == ([text] if text else [])

    flux_talk(body)

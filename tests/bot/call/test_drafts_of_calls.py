"""Words that a whole call's pipeline guesses, with real speech and the real model."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from bench.sound import loud_bounds
from bench.voice import spoken
from bot.call.services import build_drafts
from bot.settings import Settings
from processors.model_files import ModelFile
from processors.turns import barge_in, draft
from tests.bot.call.wired_call import open_wired_call

KEY = SecretStr("k")


@pytest.fixture(autouse=True)
def no_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """However full the machine of the tests is, words are guessed."""
    monkeypatch.setattr(draft, "_SLOW_SECS", 60.0)


def said(text: str) -> bytes:
    """Return speech that begins and ends with its first and last sound."""
    pcm = spoken(text)
    first, last = loud_bounds(pcm)
    return pcm[2 * first : 2 * last + 2]


@pytest.mark.promise("Turns", "A question is asked on guessed words before the real ones are in.")
async def test_a_call_asks_before_the_recogniser_has_said_a_word(settings: Settings) -> None:
    async with open_wired_call(settings) as call:
        await call.hear(said("What is the weather like in Berlin today?"))
        await call.hush(0.16)
        await call.until(lambda: call.asked)
        assert call.asked == [[("user", "What is the weather like in Berlin today?")]]


@pytest.mark.promise("Turns", "A lone stop, wait or no is obeyed before its words are in.")
async def test_a_call_obeys_stop_before_the_recogniser_has_said_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Sound comes faster here than it is read, so silence alone must not let the bot go on.
    monkeypatch.setattr(barge_in, "RESUME_SECS", 5.0)
    async with open_wired_call(settings) as call:
        await call.bot_says("Once upon a time there was a very long story.")
        await call.hear(said("Stop."))
        await call.hush(0.13)
        await call.until(lambda: call.floor.is_caller_turn)
        # Of the story there are twenty seconds: it does not end by itself.
        await call.until(lambda: not call.is_audible)


async def test_nothing_is_guessed_when_it_is_set_so(settings: Settings) -> None:
    async with open_wired_call(settings, draft_recogniser=False) as call:
        await call.hear(said("What is the weather like in Berlin today?"))
        await call.hush(0.4)
        await call.final("What is the weather like in Berlin?", from_finalize=True)
        await call.hush(0.4)
        await call.until(lambda: call.asked)
        assert call.asked == [[("user", "What is the weather like in Berlin?")]]


@pytest.mark.parametrize(
    ("changes", "is_guessing"),
    [
        ({"deepgram_api_key": KEY}, True),
        ({"deepgram_api_key": KEY, "language": "en-GB"}, True),
        ({"deepgram_api_key": KEY, "draft_recogniser": False}, False),
        ({"deepgram_api_key": KEY, "language": "de"}, False),
        ({"deepgram_api_key": KEY, "language": "multi"}, False),
        ({"deepgram_api_key": KEY, "language": "Multi"}, False),
        ({"deepgram_api_key": KEY, "language": "sv"}, False),
        # Our own recogniser is the same model.
        ({}, False),
    ],
)
def test_what_a_model_of_english_does_not_understand_is_not_guessed(
    changes: dict[str, object], is_guessing: bool
) -> None:
    drafts = build_drafts(Settings.model_validate(changes))
    assert (drafts is not None) is is_guessing
    if drafts:
        drafts.close()


@pytest.mark.parametrize(
    "file", [ModelFile("no_such_package", "a", ""), ModelFile("pipecat", "__init__.py", "0" * 64)]
)
def test_calls_go_on_without_a_model_that_is_missing_or_another(
    monkeypatch: pytest.MonkeyPatch, file: ModelFile
) -> None:
    monkeypatch.setattr("processors.moonshine.ENCODER", file)
    draft.load.cache_clear()
    try:
        assert build_drafts(Settings.model_validate({"deepgram_api_key": KEY})) is None
    finally:
        draft.load.cache_clear()

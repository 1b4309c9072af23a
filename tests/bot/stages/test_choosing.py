"""Settings in, vendors out: who is named, whose key is given, who stands in, what cannot work."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import SettingsError
from bot.settings import Settings
from bot.stages.stage import Place
from bot.stages.table import check_packages, stages_of, unused_settings
from bot.stages.vendors import VENDORS

GROQ = "https://api.groq.example/openai/v1"
OLLAMA = "http://127.0.0.1:11434/v1"
K, D = "key-shared", "key-deepgram"


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ("local", "local", "local")),
        # Named by keys and addresses that are given.
        ({"openai_api_key": K, "deepgram_api_key": D}, ("deepgram", "openai", "openai")),
        ({"openai_stt_base_url": GROQ}, ("openai", "local", "local")),
        ({"openai_stt_api_key": K, "deepgram_api_key": D}, ("deepgram", "local", "local")),
        # A key that may lie in the environment for another program chooses nothing.
        ({"anthropic_api_key": K, "google_api_key": K}, ("local", "local", "local")),
        # Named.
        (
            {
                "speech_to_text": "openai",
                "language_model": "Anthropic",
                "text_to_speech": "deepgram",
                "openai_api_key": K,
                "anthropic_api_key": K,
                "deepgram_api_key": D,
            },
            ("openai", "anthropic", "deepgram"),
        ),
        ({"openai_api_key": K, "text_to_speech": "local"}, ("local", "openai", "local")),
        (
            {"text_to_speech": "Eleven-Labs", "elevenlabs_api_key": K},
            ("local", "local", "elevenlabs"),
        ),
    ],
)
def test_a_stage_is_who_is_named_or_whose_key_is_given(
    given: dict[str, str], names: tuple[str, ...]
) -> None:
    stages = stages_of(Settings.model_validate(given))
    assert tuple(stage.vendor.name for stage in stages) == names
    assert not any(stage.is_fallback for stage in stages.in_use())


def test_a_fallback_is_a_stage_of_its_own() -> None:
    settings = Settings.model_validate(
        {
            "language_model_fallback": "anthropic",
            "anthropic_api_key": "key-fallback",
            "openai_base_url": GROQ,
            "openai_api_key": K,
            "text_to_speech_fallback": "local",
        }
    )
    stages = stages_of(settings)
    second = stages.language_model.fallback
    assert second
    assert (second.address, second.sent_key) == ("https://api.anthropic.com", "key-fallback")
    assert second.patience_secs == 4.0
    assert [str(one) for one in stages.in_use()] == [
        "speech-to-text: local",
        f"language-model: gpt-4.1 at {GROQ}",
        "language-model fallback: claude-sonnet-4-6 at https://api.anthropic.com",
        f"text-to-speech: gpt-4o-mini-tts at {GROQ}",
        "text-to-speech fallback: local",
    ]


@pytest.mark.promise("Settings", "A choice that cannot work stops the start, and says why.")
@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (
            {"language_model": "anthropic"},
            "no_key",
            "LANGUAGE_MODEL: anthropic needs a key, in ANTHROPIC_API_KEY",
        ),
        (
            {"speech_to_text": "openai"},
            "no_key",
            "SPEECH_TO_TEXT: openai needs a key, in OPENAI_API_KEY or OPENAI_STT_API_KEY",
        ),
        (
            {"text_to_speech_fallback": "cartesia"},
            "no_key",
            "TEXT_TO_SPEECH_FALLBACK: cartesia needs a key, in CARTESIA_API_KEY",
        ),
        (
            {"language_model_fallback": "local"},
            "same_fallback",
            "LANGUAGE_MODEL_FALLBACK: must be another one than LANGUAGE_MODEL: local",
        ),
        (
            {"deepgram_api_key": D, "speech_to_text_fallback": "deepgram"},
            "same_fallback",
            "SPEECH_TO_TEXT_FALLBACK: must be another one than SPEECH_TO_TEXT: deepgram",
        ),
        # The key of one server is not tried at another, nor as that of a fallback.
        (
            {"language_model": "local", "openai_llm_base_url": GROQ, "openai_api_key": K}
            | {"language_model_fallback": "openai", "text_to_speech": "openai"},
            "ambiguous_key",
            "OPENAI_LLM_API_KEY",
        ),
    ],
)
def test_a_choice_that_cannot_work_stops_the_start(
    given: dict[str, str], code: str, message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        stages_of(Settings.model_validate(given))
    assert caught.value.code == code
    assert message in caught.value.message
    assert "; " not in caught.value.message


def test_a_server_of_ones_own_needs_no_key() -> None:
    given = {"speech_to_text": "openai", "openai_stt_base_url": OLLAMA}
    stage = stages_of(Settings.model_validate(given)).speech_to_text
    assert (stage.place, stage.sent_key, stage.patience_secs) == (Place.ELSEWHERE, "local", 10.0)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({"text_to_speech": "deepgram"}, "https://api.deepgram.com"),
        ({"text_to_speech": "deepgram", "deepgram_base_url": "ws://x:1"}, "http://x:1"),
        ({"text_to_speech": "elevenlabs", "elevenlabs_base_url": "https://x"}, "wss://x"),
        ({"text_to_speech": "cartesia"}, "wss://api.cartesia.ai/tts/websocket"),
        (
            {"text_to_speech": "cartesia", "cartesia_base_url": "wss://x/tts/websocket"},
            "wss://x/tts/websocket",
        ),
        ({"local_base_url": "http://127.0.0.1:5"}, "http://127.0.0.1:5/v1"),
    ],
)
def test_an_address_is_given_in_the_form_the_service_wants(
    given: dict[str, str], address: str
) -> None:
    keys = dict.fromkeys(("deepgram_api_key", "elevenlabs_api_key", "cartesia_api_key"), K)
    assert stages_of(Settings.model_validate(keys | given)).text_to_speech.address == address


def test_patience_of_a_stage_is_for_any_vendor_and_ones_own_goes_before() -> None:
    given = {
        "language_model": "anthropic",
        "anthropic_api_key": K,
        "language_model_patience_secs": 7.0,
        "openai_tts_patience_secs": 1.0,
        "text_to_speech_patience_secs": 9.0,
    }
    stages = stages_of(Settings.model_validate(given))
    assert stages.language_model.patience_secs == 7.0
    assert stages.text_to_speech.patience_secs == 1.0


def test_what_is_set_for_nobody_in_use_is_told() -> None:
    settings = Settings.model_validate(
        {
            "elevenlabs_voice": "somebody",
            "anthropic_api_key": K,
            "deepgram_api_key": D,
            "openai_model": "tiny",
        }
    )
    assert unused_settings(settings) == [
        "OPENAI_MODEL is set and not used: LANGUAGE_MODEL=openai would use it",
        "ANTHROPIC_API_KEY is set and not used: LANGUAGE_MODEL=anthropic would use it",
        "ELEVENLABS_VOICE is set and not used: TEXT_TO_SPEECH=elevenlabs would use it",
    ]
    assert unused_settings(Settings.model_validate({"openai_api_key": K})) == []


def test_a_package_that_is_missing_stops_the_start_for_what_is_in_use_alone() -> None:
    vendors = [
        replace(one, package="no_such_package", extra="x") if one.name == "google" else one
        for one in VENDORS
    ]
    check_packages(Settings.model_validate({"google_api_key": K}), vendors=vendors)
    given = {"google_api_key": K, "language_model_fallback": "google"}
    with pytest.raises(SettingsError, match=r"install '\.\[x\]'") as caught:
        check_packages(Settings.model_validate(given), vendors=vendors)
    assert caught.value.code == "missing_package"

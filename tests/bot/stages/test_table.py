"""Settings in, table out: a key goes to the address it was given for and nowhere else."""

from __future__ import annotations

from typing import Any, cast

import pytest
from pydantic import SecretStr

from bot.call.services import build_language_model, build_speech_to_text, build_text_to_speech
from bot.errors import SettingsError
from bot.local.server import MODELS
from bot.settings import Settings
from bot.stages.stage import Place
from bot.stages.table import language_gaps, language_problem, stages_of
from processors.speech_to_text.live_connection import GIVE_UP_SECS
from tests.bot.stages.stand_ins import KeptModel, KeptService, stand_in_vendors
from tools.runtime.runtime import ToolRuntime

OPENAI = "https://api.openai.com/v1"
DEEPGRAM = "wss://api.deepgram.com"
GROQ = "https://api.groq.example/openai/v1"
OLLAMA = "http://127.0.0.1:11434/v1"
KOKORO = "http://[::1]:8880/v1"
NO_KEY = "local"
LOCAL = ("", NO_KEY)


def built(**given: str) -> list[tuple[str, str]]:
    """Return address and key of each stage as the services of a call are given them."""
    settings, vendors = Settings.model_validate(given), stand_in_vendors()
    services = (
        build_speech_to_text(settings, vendors=vendors),
        build_language_model(settings, tools=ToolRuntime(tools=[], resources={}), vendors=vendors),
        build_text_to_speech(settings, vendors=vendors),
    )
    kept = [cast("KeptService | KeptModel", service).given for service in services]
    return [(one["base_url"], one["api_key"]) for one in kept]


K, L, T, D = "key-shared", "key-model", "key-voice", "key-deepgram"


@pytest.mark.promise("Settings", "A key goes to the address it was given for and nowhere else.")
@pytest.mark.parametrize(
    ("given", "thinking", "speaking"),
    [
        ({}, LOCAL, LOCAL),
        ({"openai_api_key": K}, (OPENAI, K), (OPENAI, K)),
        ({"openai_llm_api_key": L}, (OPENAI, L), LOCAL),
        ({"openai_tts_api_key": T}, LOCAL, (OPENAI, T)),
        (
            {"openai_api_key": K, "openai_llm_api_key": L, "openai_tts_api_key": T},
            (OPENAI, L),
            (OPENAI, T),
        ),
        # One server for both.
        ({"openai_base_url": OLLAMA}, (OLLAMA, NO_KEY), (OLLAMA, NO_KEY)),
        ({"openai_base_url": GROQ, "openai_api_key": K}, (GROQ, K), (GROQ, K)),
        ({"openai_base_url": GROQ, "openai_llm_api_key": L}, (GROQ, L), (GROQ, NO_KEY)),
        # A keyed model, the local voice.
        ({"openai_llm_base_url": GROQ, "openai_llm_api_key": L}, (GROQ, L), LOCAL),
        # A model of one vendor, a voice of another.
        (
            {"openai_llm_base_url": GROQ, "openai_llm_api_key": L, "openai_api_key": K},
            (GROQ, L),
            (OPENAI, K),
        ),
        (
            {"openai_llm_base_url": GROQ, "openai_llm_api_key": L, "openai_tts_base_url": KOKORO},
            (GROQ, L),
            (KOKORO, NO_KEY),
        ),
        # The shared key is not for a stage's own address.
        (
            {"openai_base_url": GROQ, "openai_api_key": K, "openai_tts_base_url": KOKORO},
            (GROQ, K),
            (KOKORO, NO_KEY),
        ),
        (
            {"openai_base_url": OPENAI, "openai_api_key": K, "openai_llm_base_url": GROQ},
            (GROQ, NO_KEY),
            (OPENAI, K),
        ),
        (
            {"openai_api_key": K, "openai_llm_base_url": GROQ, "openai_tts_base_url": GROQ},
            (GROQ, NO_KEY),
            (GROQ, NO_KEY),
        ),
        # A server on this machine wants no key; OpenAI's is for the voice.
        ({"openai_llm_base_url": OLLAMA}, (OLLAMA, NO_KEY), LOCAL),
        ({"openai_api_key": K, "openai_llm_base_url": OLLAMA}, (OLLAMA, NO_KEY), (OPENAI, K)),
        # The same server under another path, and in another spelling.
        (
            {
                "openai_base_url": "https://one.example/v1",
                "openai_api_key": K,
                "openai_llm_base_url": "https://ONE.example:443/chat/v1",
                "openai_tts_base_url": "https://one.example./v1",
            },
            ("https://ONE.example:443/chat/v1", K),
            ("https://one.example./v1", K),
        ),
        # Another scheme, port or host is another server.
        (
            {
                "openai_base_url": "https://one.example/v1",
                "openai_api_key": K,
                "openai_llm_base_url": "http://one.example/v1",
                "openai_tts_base_url": "https://one.example:8443/v1",
            },
            ("http://one.example/v1", NO_KEY),
            ("https://one.example:8443/v1", NO_KEY),
        ),
        ({"openai_api_key": K, "openai_llm_base_url": OPENAI}, (OPENAI, K), (OPENAI, K)),
    ],
)
def test_a_key_goes_only_where_it_was_given_for(
    given: dict[str, str], thinking: tuple[str, str], speaking: tuple[str, str]
) -> None:
    assert built(**given)[1:] == [thinking, speaking]


@pytest.mark.parametrize(
    ("given", "listening"),
    [
        ({"deepgram_api_key": D}, (DEEPGRAM, D)),
        ({"deepgram_base_url": "ws://other.example"}, ("ws://other.example", NO_KEY)),
        (
            {"deepgram_base_url": "ws://other.example", "deepgram_api_key": D},
            ("ws://other.example", D),
        ),
        ({"openai_api_key": K}, ("", NO_KEY)),
    ],
)
def test_the_recognisers_key_is_its_own(given: dict[str, str], listening: tuple[str, str]) -> None:
    assert built(**given)[0] == listening


@pytest.mark.parametrize(
    ("field", "stage", "fix"),
    [
        ("openai_llm_base_url", "OPENAI_LLM_BASE_URL", "OPENAI_LLM_API_KEY"),
        ("openai_tts_base_url", "OPENAI_TTS_BASE_URL", "OPENAI_TTS_API_KEY"),
    ],
)
@pytest.mark.parametrize("address", [GROQ, "http://192.168.1.5:8000/v1", "http://vllm:8000/v1"])
def test_a_key_that_may_be_another_servers_is_not_sent_to_openai(
    field: str, stage: str, fix: str, address: str
) -> None:
    given = {"openai_api_key": K, field: address}
    with pytest.raises(SettingsError) as caught:
        stages_of(Settings.model_validate(given))
    assert caught.value.code == "ambiguous_key"
    message = caught.value.message
    assert stage in message and fix in message and K not in message
    # One problem, one line: the command line cuts at this sign.
    assert "; " not in message


@pytest.mark.parametrize(
    ("given", "places", "patience"),
    [
        ({}, ("local", "local", "local"), (60.0, 4.0, 2.0)),
        ({"openai_api_key": K, "deepgram_api_key": D}, ("vendor",) * 3, (60.0, 4.0, 2.0)),
        (
            {"openai_llm_base_url": OLLAMA, "openai_tts_api_key": T},
            ("local", "elsewhere", "vendor"),
            (60.0, 30.0, 2.0),
        ),
        (
            {"openai_base_url": GROQ, "deepgram_base_url": "ws://x"},
            ("elsewhere",) * 3,
            (60.0, 30.0, 10.0),
        ),
        (
            {"openai_llm_patience_secs": 8.0, "openai_tts_patience_secs": 0.5},
            ("local",) * 3,
            (60.0, 8.0, 0.5),
        ),
    ],
)
def test_patience_is_set_or_goes_by_the_place(
    given: dict[str, Any], places: tuple[str, ...], patience: tuple[float, ...]
) -> None:
    stages = stages_of(Settings.model_validate(given))
    assert tuple(stage.place for stage in stages) == tuple(Place(one) for one in places)
    assert tuple(stage.patience_secs for stage in stages) == patience
    assert stages.speech_to_text.question_secs == 3.0


def test_a_log_line_tells_where_a_stage_is_and_no_secret() -> None:
    settings = Settings(
        openai_llm_base_url="http://me:hush@host.example:1/v1?code=hush",
        openai_llm_api_key=SecretStr("hush"),
        openai_model="tiny",
    )
    lines = [str(stage) for stage in stages_of(settings)]
    assert lines == [
        "speech-to-text: local",
        "language-model: tiny at http://host.example:1/v1",
        "text-to-speech: local",
    ]
    assert "hush" not in repr(stages_of(settings)).replace(settings.openai_llm_base_url, "")


@pytest.mark.parametrize(
    ("given", "is_problem"),
    [
        ({}, False),
        ({"language": "en-GB"}, False),
        ({"language": "de"}, True),
        ({"language": "multi"}, True),
        ({"language": "de", "deepgram_api_key": D}, False),
    ],
)
def test_the_local_recogniser_knows_english_only(given: dict[str, str], is_problem: bool) -> None:
    problem = language_problem(Settings.model_validate(given))
    assert bool(problem) == is_problem
    assert not is_problem or "DEEPGRAM_API_KEY" in problem


@pytest.mark.promise("Languages", "A recogniser that does not know the language is told of.")
@pytest.mark.parametrize(
    ("model", "language", "problem"),
    [
        ("nova-3-general", "pl", ""),
        ("flux-general-en", "en-GB", ""),
        ("flux-general-en", "de", "set DEEPGRAM_MODEL to a model that does, or LANGUAGE=en"),
        ("flux-general-en", "multi", "flux-general-en does not understand multi"),
        ("flux-general-multi", "de-AT", ""),
        ("flux-general-multi", "multi", ""),
        ("flux-general-multi", "pl", "flux-general-multi does not understand pl"),
        ("flux-of-tomorrow", "pl", ""),
    ],
)
def test_a_model_that_does_not_know_the_language_is_told_of(
    model: str, language: str, problem: str
) -> None:
    given = {"deepgram_model": model, "language": language, "deepgram_api_key": D}
    found = language_problem(Settings.model_validate(given))
    assert problem in found and bool(problem) == bool(found)


@pytest.mark.parametrize(
    ("given", "gaps"),
    [
        ({"language": "en-GB"}, []),
        ({"language": "multi"}, []),
        ({"language": "de-AT", "deepgram_voice": "aura-2-viktoria-de"}, []),
        ({"language": "de"}, ["DEEPGRAM_VOICE speaks en"]),
        ({"language": "en", "deepgram_voice": "aura-2-viktoria-de"}, ["DEEPGRAM_VOICE speaks de"]),
        ({"language": "de", "deepgram_voice": "one-of-my-own"}, []),
        (
            {"language": "ja", "text_to_speech": "openai", "text_to_speech_fallback": "local"},
            ["the local text-to-speech fallback speaks en"],
        ),
        (
            {
                "language": "ja",
                "deepgram_voice": "one-of-my-own",
                "speech_to_text": "openai",
                "speech_to_text_fallback": "deepgram",
                "deepgram_model": "flux-general-en",
            },
            ["flux-general-en speaks en"],
        ),
    ],
)
def test_who_does_not_speak_the_language_is_told(given: dict[str, str], gaps: list[str]) -> None:
    keys = {"deepgram_api_key": D, "openai_api_key": K, "text_to_speech": "deepgram"}
    assert language_gaps(Settings.model_validate(keys | given)) == gaps


@pytest.mark.parametrize("language", ["de", "pt-BR", "multi"])
def test_the_language_reaches_the_recogniser(language: str) -> None:
    settings = Settings.model_validate({"language": language, "deepgram_api_key": D})
    service = build_speech_to_text(settings, vendors=stand_in_vendors())
    assert service.given["language"] == language


@pytest.mark.promise(
    "Captions and clients", "Usage and figures name the models that run, on this machine too."
)
def test_local_stages_name_what_runs() -> None:
    stages = stages_of(Settings.model_validate({}))
    assert all(stage.is_local for stage in stages)
    assert sorted(stage.model for stage in stages) == sorted(MODELS)


@pytest.mark.parametrize("name", ["deepgram_model", "openai_model", "openai_tts_model"])
def test_a_model_of_a_vendor_is_not_one_of_a_local_stage(name: str) -> None:
    stages = stages_of(Settings.model_validate({name: "another"}))
    assert sorted(stage.model for stage in stages) == sorted(MODELS)


@pytest.mark.promise(
    "Speech-to-text", "A service that brings no result for 60 s is given up, and asked ever less."
)
@pytest.mark.parametrize("vendor", ["deepgram", "assemblyai", "local"])
def test_a_recogniser_that_is_gone_is_tried_for_a_minute(vendor: str) -> None:
    given = {"speech_to_text": vendor, "deepgram_api_key": D, "assemblyai_api_key": K}
    service = build_speech_to_text(Settings.model_validate(given))
    # Private: what it was built with, and nothing shows but a minute's waiting.
    assert service._failures._give_up_secs == GIVE_UP_SECS  # pyright: ignore[reportPrivateUsage]

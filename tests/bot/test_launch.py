"""Which processes are started, and with which settings."""

from __future__ import annotations

import socket

import httpx
import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.errors import LaunchError
from bot.http.listener import bind
from bot.launch import (
    bot_environment,
    build_local_providers,
    build_worker,
    free_port,
    local_parts,
    local_settings,
    open_local_place,
    unused_keys,
)
from bot.livekit.access import LiveKitAccess
from bot.processes.child_process import ChildCommand
from bot.processes.part import Part, open_parts
from bot.settings import Settings
from bot.stages.table import stages_of
from bot.worker.fork_place import open_fork_place


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ({}, ["--speech-to-text", "--language-model", "--text-to-speech"]),
        ({"openai_base_url": "http://127.0.0.1:1"}, ["--speech-to-text"]),
        (
            {"deepgram_base_url": "ws://x", "openai_llm_base_url": "http://x"},
            ["--text-to-speech"],
        ),
        ({"deepgram_base_url": "ws://x", "openai_base_url": "http://x"}, []),
        # Named, or as a fallback.
        (
            {"openai_base_url": "http://x", "speech_to_text": "local", "deepgram_api_key": "k"},
            ["--speech-to-text"],
        ),
        (
            {
                "openai_base_url": "http://x",
                "deepgram_api_key": "k",
                "text_to_speech_fallback": "local",
            },
            ["--text-to-speech"],
        ),
        # They run already.
        ({"local_base_url": "http://127.0.0.1:1"}, []),
    ],
)
def test_only_missing_providers_are_local(given: dict[str, str], parts: list[str]) -> None:
    settings = Settings.model_validate(given)
    assert local_parts(settings) == parts
    with open_local_place() as place:
        expected = {"LOCAL_BASE_URL": place.url, "LOCAL_API_KEY": place.key} if parts else {}
        assert local_settings(settings, place) == expected


@pytest.mark.parametrize("fallback", [{}, {"speech_to_text_fallback": "local"}])
def test_what_the_launcher_sets_leads_to_the_local_providers(fallback: dict[str, str]) -> None:
    given = {"deepgram_api_key": "k", "openai_tts_patience_secs": 1.5} if fallback else {}
    with open_local_place() as place:
        changes = local_settings(Settings.model_validate(given | fallback), place)
    child = Settings.model_validate(
        given | fallback | {name.lower(): value for name, value in changes.items()}
    )
    stages = stages_of(child)
    listening = stages.speech_to_text.fallback or stages.speech_to_text
    address = changes["LOCAL_BASE_URL"].removeprefix("http://")
    assert (listening.address, stages.language_model.address) == (
        f"ws://{address}",
        f"http://{address}/v1",
    )
    assert listening.sent_key == stages.language_model.sent_key == changes["LOCAL_API_KEY"]
    # It starts none of its own.
    assert local_parts(child) == []


def test_local_providers_are_given_no_more_time_than_the_vendors() -> None:
    given = {"openai_tts_patience_secs": 1.5, "local_base_url": "http://127.0.0.1:5"}
    stages = stages_of(Settings.model_validate(given))
    assert stages.language_model.patience_secs == 4.0
    assert stages.text_to_speech.patience_secs == 1.5


@pytest.mark.promise(
    "Parts on this machine",
    "The secret of this machine's LiveKit is new at each start, in no file or process list.",
)
def test_worker_gets_livekit_and_providers_by_environment() -> None:
    livekit = LiveKitAccess(url="http://lk:1", api_key="key", api_secret=SecretStr("hidden"))
    worker = build_worker(
        livekit=livekit, changes={"DEEPGRAM_BASE_URL": "ws://x"}, port=7, on_line=lambda _: None
    )
    command = _command(worker)
    assert command.environment is not None
    assert command.environment["LIVEKIT_URL"] == "ws://lk:1"
    assert command.environment["LIVEKIT_API_SECRET"] == "hidden"
    assert command.environment["DEEPGRAM_BASE_URL"] == "ws://x"
    assert command.environment["WORKER_PORT"] == "7"
    assert "hidden" not in " ".join(command.arguments)


@pytest.mark.promise(
    "Lost bots", "What bots are forked from outlives a worker that dies, and never held its secret."
)
def test_a_worker_is_told_where_its_bots_are_forked() -> None:
    livekit = LiveKitAccess(url="http://lk:1", api_key="key", api_secret=SecretStr("hidden"))
    with open_fork_place() as place:
        worker = build_worker(
            livekit=livekit, changes={}, port=7, on_line=lambda _: None, fork_place=place
        )
        command = _command(worker)
        if place is None:
            assert command.inherited_descriptors == ()
        else:
            assert command.arguments[-2:] == ("--fork-server", place.told)
            assert command.inherited_descriptors == place.descriptors
    assert command.environment is not None
    without = bot_environment(livekit, {})
    assert "hidden" not in str(without)
    assert {**without, "LIVEKIT_API_SECRET": "hidden", "WORKER_PORT": "7"} == command.environment


async def test_local_providers_start_and_are_well(settings: Settings) -> None:
    with open_local_place() as place:
        providers = build_local_providers(settings, place=place, on_line=lambda _: None)
        async with open_parts(providers) as ready, httpx.AsyncClient() as http:
            await ready
            assert await providers.is_healthy()
            assert (await http.get(f"{place.url}/v1/models")).status_code == 401
            assert (await http.post(f"{place.url}/faults", json={})).status_code == 401
            headers = {"Authorization": f"Bearer {place.key}"}
            assert (await http.get(f"{place.url}/v1/models", headers=headers)).status_code == 200
            assert (await http.get(f"{place.url}/faults", headers=headers)).status_code == 404


@pytest.mark.promise(
    "Parts on this machine", "The local providers answer only who has the key of this start."
)
def test_each_start_has_a_key_of_its_own_that_no_list_of_processes_shows() -> None:
    with open_local_place() as first, open_local_place() as second:
        assert first.key != second.key and len(first.key) >= 32
        command = _command(build_local_providers(Settings(), place=first, on_line=print))
        assert first.key not in " ".join(command.arguments)
        assert first.key not in str(command.environment)
        assert command.standard_input == f"{first.key}\n".encode()


@pytest.mark.promise(
    "Parts on this machine", "The local providers are given none of the keys of vendors."
)
def test_local_providers_get_no_key_of_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = [name for name, field in Settings.model_fields.items() if _is_secret(field)]
    for name in (*secret, "aws_secret_access_key", "Openai_Api_Key"):
        given = "sk-hidden-and-long"
        value = f"postgresql://me:{given}@host/name" if name == "database_url" else given
        monkeypatch.setenv(name.upper(), value)
        monkeypatch.setenv(name, value)
    with open_local_place() as place:
        command = _command(build_local_providers(Settings(), place=place, on_line=print))
    assert command.environment is not None
    assert "sk-hidden-and-long" not in " ".join(command.environment.values())


@pytest.mark.promise(
    "Parts on this machine", "A bot is given no key that it does not use, nor who may call."
)
def test_a_worker_gets_the_keys_of_its_stages_alone() -> None:
    settings = Settings.model_validate(
        {
            "deepgram_api_key": "used-to-hear",
            "openai_api_key": "unused",
            "anthropic_api_key": "used-to-think",
            "language_model": "anthropic",
            "language_model_fallback": "google",
            "google_api_key": "used-when-it-fails",
            "text_to_speech": "deepgram",
            "access": "key",
            "access_key": "a long passphrase",
        }
    )
    changes = unused_keys(settings)
    child = settings.model_copy(
        update={name.lower(): SecretStr("") for name in changes if name != "ACCESS"}
    )
    used = {"DEEPGRAM_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "LIVEKIT_API_SECRET"}
    assert not used & changes.keys()
    assert {"OPENAI_API_KEY", "ACCESS_KEY"} <= changes.keys()
    assert set(changes.values()) == {"", "open"} and changes["ACCESS"] == "open"
    assert stages_of(child) == stages_of(settings)
    assert "ACCESS" not in unused_keys(Settings())


@pytest.mark.parametrize("store", [True, False])
def test_bots_write_where_the_runner_reads(store: bool) -> None:
    url = "postgresql://me:long-and-secret@host/name"
    settings = Settings.model_validate({"database_url": url, "store": store})
    assert ("DATABASE_URL" in unused_keys(settings)) is not store


async def test_no_other_program_takes_the_place_between_two_starts() -> None:
    with open_local_place() as place:
        port = place.listener.getsockname()[1]
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            with socket.socket() as thief, pytest.raises(OSError):
                thief.setsockopt(socket.SOL_SOCKET, option, 1)
                thief.bind(("127.0.0.1", port))
                thief.listen()


def _is_secret(field: FieldInfo) -> bool:
    return field.annotation is SecretStr


def _command(part: Part) -> ChildCommand:
    return part.process._command  # pyright: ignore[reportPrivateUsage]


def test_taken_port_names_its_setting() -> None:
    with bind("127.0.0.1", 0) as listener, pytest.raises(LaunchError) as caught:
        free_port(listener.getsockname()[1], setting="WORKER_PORT")
    assert "WORKER_PORT" in caught.value.message


def test_a_language_that_the_local_recogniser_lacks_does_not_end_every_call() -> None:
    german = Settings.model_validate({"language": "de"})
    assert local_settings(german, None)["LANGUAGE"] == "en"
    remote = Settings.model_validate({"language": "de", "deepgram_base_url": "ws://127.0.0.1:1"})
    assert "LANGUAGE" not in local_settings(remote, None)
    # So also with local providers that run already, which nobody starts here.
    running = {"language": "de", "local_base_url": "http://127.0.0.1:1"}
    assert local_settings(Settings.model_validate(running), None) == {"LANGUAGE": "en"}

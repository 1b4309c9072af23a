from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import PROJECT_ROOT, Settings, child_environment, load_settings


def _problems(monkeypatch: pytest.MonkeyPatch, **values: str) -> str:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings(None)
    assert caught.value.code == "bad_settings"
    return caught.value.message


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings(None)
    assert settings.uses_local_speech_to_text
    assert settings.uses_local_language_model
    assert settings.uses_local_text_to_speech


def test_every_problem_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    message = _problems(
        monkeypatch, PORT="many", LIVEKIT_URL="nonsense", PARKED_BOTS="9", LOG_FORMAT="xml"
    )
    for name in (
        "PORT",
        "LIVEKIT_URL",
        "LIVEKIT_API_KEY",
        "LIVEKIT_API_SECRET",
        "PARKED_BOTS",
        "LOG_FORMAT",
    ):
        assert f"{name}: " in message


def test_a_livekit_url_needs_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    message = _problems(monkeypatch, LIVEKIT_URL="wss://x.example", LIVEKIT_API_KEY="key")
    assert message == "LIVEKIT_API_SECRET: is needed because LIVEKIT_URL is set"


def test_more_parked_bots_than_sessions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    message = _problems(monkeypatch, MAX_SESSIONS="2", PARKED_BOTS="3")
    assert message == "PARKED_BOTS: is 3, more than MAX_SESSIONS, which is 2"


def test_one_session_alone_goes_with_the_default_of_parked_bots(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAX_SESSIONS", "1")
    assert load_settings(None).parked_bots == 1


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("HOST", "http://localhost", "pattern"),
        ("PORT", "65536", "65535"),
        ("ALLOWED_ORIGINS", "*", "http://"),
        ("ALLOWED_ORIGINS", "https://a.example/path", "no path"),
        ("DEEPGRAM_BASE_URL", "api.deepgram.com", "ws://"),
        ("OPENAI_BASE_URL", "ws://localhost:1", "http://"),
        ("OPENAI_BASE_URL", "http://localhost:99999", "URL"),
        ("OPENAI_API_KEY", "sk-...", "placeholder"),
        ("OPENAI_API_KEY", "sk-your-key", "placeholder"),
        ("OPENAI_API_KEY", "sk-one two", "spaces"),
        ("DEEPGRAM_API_KEY", "<your key>", "spaces"),
        ("DEEPGRAM_API_KEY", "your_deepgram_key", "placeholder"),
        ("GREETING", "x" * 501, "500"),
        ("AGENT_NAME", "Parley!", "pattern"),
        ("SESSION_MAX_SECS", "inf", "86400"),
        ("IDLE_NUDGE_SECS", "0", "1"),
        ("MAX_SESSIONS", "0", "1"),
        ("LOG_LEVEL", "loud", "TRACE"),
        ("SYSTEM_PROMPT_FILE", "nowhere.md", "no such file"),
    ],
)
def test_a_bad_value_is_refused_by_name_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    message = _problems(monkeypatch, **{name: value})
    assert message.startswith(f"{name}: ")
    assert reason in message


def test_a_refused_value_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    message = _problems(monkeypatch, OPENAI_BASE_URL="sk-pasted", LIVEKIT_URL="sk-pasted")
    assert "pasted" not in message


def test_worker_and_api_cannot_share_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "differ from PORT" in _problems(monkeypatch, PORT="7000", WORKER_PORT="7000")


@pytest.mark.parametrize("blank", ["", "   ", "\t"])
def test_a_blank_value_means_not_set(monkeypatch: pytest.MonkeyPatch, blank: str) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), blank)
    assert load_settings(None) == Settings.model_construct()


def test_a_blank_in_the_environment_beats_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text("OPENAI_API_KEY=from-file\nDEEPGRAM_API_KEY=from-file\n", encoding="utf-8")
    monkeypatch.setenv("OPENAI_API_KEY", "")
    monkeypatch.delenv("DEEPGRAM_API_KEY")
    settings = load_settings(file)
    assert settings.uses_local_language_model
    assert not settings.uses_local_speech_to_text


def test_spaces_around_a_value_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", " key\n")
    monkeypatch.setenv("LOG_LEVEL", " debug ")
    settings = load_settings(None)
    assert settings.openai_api_key.get_secret_value() == "key"
    assert settings.log_level == "DEBUG"


def test_a_base_url_alone_takes_the_local_provider_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_LLM_BASE_URL", "http://localhost:11434/v1/")
    settings = load_settings(None)
    assert settings.openai_llm_base_url == "http://localhost:11434/v1"
    assert not settings.uses_local_language_model
    assert settings.uses_local_text_to_speech


def test_origins_are_a_list_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", " https://A.example/ ,http://localhost:3000,")
    assert load_settings(None).allowed_origins == ("https://a.example", "http://localhost:3000")


def test_the_prompt_does_not_depend_on_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    default = load_settings(None).system_prompt_file
    monkeypatch.setenv("SYSTEM_PROMPT_FILE", "bot/prompts/system.md")
    assert default == load_settings(None).system_prompt_file
    assert default == PROJECT_ROOT / "bot" / "prompts" / "system.md"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b" \n", "empty"), (b"\xff\xfe", "UTF-8"), (b"x" * 70_000, "64 KiB")],
)
def test_a_prompt_file_that_says_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "prompt.md"
    file.write_bytes(content)
    assert reason in _problems(monkeypatch, SYSTEM_PROMPT_FILE=str(file))


def test_an_unreadable_env_file_is_one_plain_problem(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"GREETING=\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read as UTF-8 text"):
        load_settings(file)


def test_a_misspelled_name_in_the_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("OPENAI_APIKEY=k\nOPENAI_API_BASE=x\nport=many\nHOST=::1\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert caught.value.message == (
        "OPENAI_APIKEY: there is no such setting; OPENAI_API_KEY is one"
    )


def test_secrets_are_stars_in_print(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = ("LIVEKIT_API_SECRET", "DEEPGRAM_API_KEY", "OPENAI_API_KEY")
    for name in secrets:
        monkeypatch.setenv(name, "hush-hush")
    settings = load_settings(None)
    assert "hush" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings(None).port = 1  # pyright: ignore[reportAttributeAccessIssue]


def test_the_example_lists_exactly_the_settings_and_sets_nothing() -> None:
    example = PROJECT_ROOT / ".env.example"
    names = re.findall(r"^([A-Z_]+)=", example.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)
    assert load_settings(example) == load_settings(None)


def test_the_example_tells_the_defaults() -> None:
    text = (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, int | float) and field.default:
            before = text.partition(f"\n{name.upper()}=")[0].splitlines()[-4:]
            assert f"{field.default:g}" in "\n".join(before), name


def test_a_child_gets_this_environment_with_the_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEKIT_URL", "ws://old.example")
    monkeypatch.setenv("PARLEY_TEST_KEPT", "yes")
    environment = child_environment({"LIVEKIT_URL": "ws://127.0.0.1:7880"})
    assert environment["LIVEKIT_URL"] == "ws://127.0.0.1:7880"
    assert environment["PARLEY_TEST_KEPT"] == "yes"

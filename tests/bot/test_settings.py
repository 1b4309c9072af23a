from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.errors import SettingsError
from bot.settings import (
    PROJECT_ROOT,
    Settings,
    child_environment,
    load_settings,
    prepare_environment,
)
from bot.stages.table import stages_of


def _problems(monkeypatch: pytest.MonkeyPatch, **values: str) -> str:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings(None)
    assert caught.value.code == "bad_settings"
    return caught.value.message


def test_nothing_needs_to_be_set() -> None:
    assert all(stage.is_local for stage in stages_of(load_settings(None)))


@pytest.mark.promise("Settings", "All wrong settings are named at once, without their values.")
def test_every_problem_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    message = _problems(
        monkeypatch, PORT="many", LIVEKIT_URL="nonsense", PARKED_BOTS="9", LOG_FORMAT="xml"
    )
    livekit = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
    for name in ("PORT", *livekit, "PARKED_BOTS", "LOG_FORMAT"):
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
        ("SESSIONS_PER_ADDRESS", "0", "1"),
        ("DEEPGRAM_BASE_URL", "api.deepgram.com", "ws://"),
        ("OPENAI_BASE_URL", "ws://localhost:1", "http://"),
        ("OPENAI_BASE_URL", "http://localhost:99999", "URL"),
        ("OPENAI_API_KEY", "sk-...", "placeholder"),
        ("OPENAI_API_KEY", "sk-your-key", "placeholder"),
        ("OPENAI_API_KEY", "sk-one two", "spaces"),
        ("DEEPGRAM_API_KEY", "<your key>", "spaces"),
        ("DEEPGRAM_API_KEY", "your_deepgram_key", "placeholder"),
        ("OPENAI_LLM_API_KEY", "sk-...", "placeholder"),
        ("OPENAI_TTS_API_KEY", "sk-one two", "spaces"),
        ("OPENAI_TTS_API_KEY", "sk-one\u200btwo", "invisible"),
        ("OPENAI_LLM_PATIENCE_SECS", "0", "0.5"),
        ("OPENAI_TTS_PATIENCE_SECS", "soon", "number"),
        ("LANGUAGE", "English", "pt-BR"),
        ("GREETING", "x" * 501, "500"),
        ("AGENT_NAME", "Parley!", "pattern"),
        ("SESSION_MAX_SECS", "inf", "86400"),
        ("IDLE_NUDGE_SECS", "0", "1"),
        ("RESUME_SECS", "0", "1"),
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


@pytest.mark.promise("Settings", "All wrong settings are named at once, without their values.")
def test_no_refused_value_of_any_setting_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    message = _problems(monkeypatch, **{n.upper(): "sk-pasted é" for n in Settings.model_fields})
    assert "pasted" not in message
    # Any text may be a model, a voice, a greeting or the name of a file.
    assert message.count("; ") + 1 == len(Settings.model_fields) - 18


def test_worker_and_api_cannot_share_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "differ from PORT" in _problems(monkeypatch, PORT="7000", WORKER_PORT="7000")


@pytest.mark.parametrize("blank", ["", "   ", "\t"])
def test_a_blank_value_means_not_set(monkeypatch: pytest.MonkeyPatch, blank: str) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), blank)
    assert load_settings(None) == Settings.model_construct()


@pytest.mark.promise("Settings", "The environment wins over `.env`.")
def test_a_blank_in_the_environment_beats_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text("OPENAI_API_KEY=from-file\nDEEPGRAM_API_KEY=from-file\n", encoding="utf-8")
    monkeypatch.setenv("OPENAI_API_KEY", "")
    monkeypatch.delenv("DEEPGRAM_API_KEY")
    stages = stages_of(load_settings(file))
    assert stages.language_model.is_local
    assert not stages.speech_to_text.is_local


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
    assert not stages_of(settings).language_model.is_local
    assert stages_of(settings).text_to_speech.is_local


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("OPENAI_API_KEY=sk-1", "sk-1"),
        ("OPENAI_API_KEY = sk-1 ", "sk-1"),
        ('OPENAI_API_KEY="sk-1"', "sk-1"),
        ("OPENAI_API_KEY='sk-1'  # mine", "sk-1"),
        ("OPENAI_API_KEY=sk-1 # mine", "sk-1"),
        ("OPENAI_API_KEY= # none", ""),
        ("OPENAI_API_KEY=# none", ""),
        ("export OPENAI_API_KEY=sk-1", "sk-1"),
        ("\ufeffOPENAI_API_KEY=sk-1", "sk-1"),
        ("OPENAI_API_KEY=sk-1\r\nOPENAI_MODEL=m\r\n", "sk-1"),
        ("OPENAI_API_KEY\u00a0=\u00a0sk-1\u00a0", "sk-1"),
        ("OPENAI_API_KEY=\u200bsk-1\u200b", "sk-1"),
        ("OPENAI_API_KEY=\u201csk-1\u201d", "sk-1"),
        ("OPENAI_API_KEY=\"'sk-1'\"", "sk-1"),
    ],
)
def test_a_key_in_the_file_is_read_however_it_was_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str, expected: str
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    file = tmp_path / ".env"
    file.write_bytes(content.encode("utf-8"))
    assert load_settings(file).openai_api_key.get_secret_value() == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", '"8080"'),
        ("OPENAI_BASE_URL", "'http://127.0.0.1:1/v1'"),
        ("SESSION_MAX_SECS", "\u00a0600\u200b"),
        ("ENABLE_RTVI", '"true"'),
        ("LOG_LEVEL", "'debug'"),
    ],
)
def test_every_kind_of_setting_may_be_quoted(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(load_settings(None), name.lower()) != Settings.model_fields[name.lower()].default


def test_quotes_that_belong_to_a_sentence_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    greeting = '"Hello" is "hi"'
    monkeypatch.setenv("GREETING", greeting)
    assert load_settings(None).greeting == greeting


@pytest.mark.promise(
    "Settings", "What a shell sets for a purpose of its own is no setting, in no process."
)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOST", "x86_64-conda-linux-gnu"),
        ("HOST", "arm64-apple-darwin20.0.0"),
        ("HOST", "my-laptop"),
        ("LANGUAGE", "en_US:en"),
        ("LANGUAGE", "de_DE"),
        ("LANGUAGE", "C"),
    ],
)
def test_what_a_shell_sets_for_itself_is_not_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    settings = load_settings(None)
    assert (settings.host, settings.language) == ("127.0.0.1", "en")
    (notice,) = prepare_environment(settings)
    assert name in notice and ".env" in notice
    assert name not in child_environment({})
    monkeypatch.setenv("ACCESS", "open")
    file = tmp_path / ".env"
    file.write_text("HOST=a-name\nLANGUAGE=fr\n", encoding="utf-8")
    settings = load_settings(file)
    assert getattr(settings, name.lower()) == {"HOST": "a-name", "LANGUAGE": "fr"}[name]


def test_no_library_reports_what_is_done_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    prepare_environment(load_settings(None))
    assert child_environment({})["ORT_DISABLE_TELEMETRY"] == "1"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "127.0.0.2", "localhost", '"0.0.0.0"'])
def test_an_address_in_the_environment_is_the_host(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("HOST", host)
    monkeypatch.setenv("ACCESS", "open")
    assert load_settings(None).host == host.strip('"')


@pytest.mark.parametrize("name", ["allowed_origins", "embed_origins"])
def test_origins_are_a_list_in_one_line(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name.upper(), " https://A.example/ ,http://localhost:3000,")
    found = getattr(load_settings(None), name)
    assert found == ("https://a.example", "http://localhost:3000")


@pytest.mark.promise("Settings", "A relative path counts from the project's folder.")
def test_paths_count_from_the_project_and_not_from_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    default = load_settings(None).system_prompt_file
    paths = {"SYSTEM_PROMPT_FILE": "README.md", "TOOLS_PATH": "tools", "MCP_SERVERS": "LICENSE"}
    paths |= {"APPOINTMENTS_FILE": "x/y.sqlite", "SPEECH_SHELF": "x", "DATA_DIR": "x"}
    for name, path in paths.items():
        monkeypatch.setenv(name, path)
        assert getattr(load_settings(None), name.lower()) == PROJECT_ROOT / path
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


@pytest.mark.promise("Settings", "All wrong settings are named at once, without their values.")
def test_a_misspelled_name_in_the_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("OPENAI_APIKEY=k\nOPENAI_API_BASE=x\nport=many\nHOST=::1\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert caught.value.message == (
        "OPENAI_APIKEY: there is no such setting; OPENAI_API_KEY is one"
    )


@pytest.mark.parametrize("line", ['OPENAI_API_KEY="sk-private', "OPENAI_API_KEY: sk-private"])
def test_a_line_of_ours_that_cannot_be_read_is_told(tmp_path: Path, line: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"# mine\nset OTHER=1\n{line}\nPORT=0\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert caught.value.message == "OPENAI_API_KEY: line 3 of .env is not like NAME=value"


def test_secrets_are_stars_in_print(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = [name.upper() for name, field in Settings.model_fields.items() if _is_secret(field)]
    assert len(secrets) == 14
    for name in secrets:
        url = "postgresql://hush:hush@hush/hush"
        monkeypatch.setenv(name, url if name == "DATABASE_URL" else "hush-hush-hush")
    settings = load_settings(None)
    assert "hush" not in repr(settings) + str(settings) + settings.model_dump_json()


def _is_secret(field: FieldInfo) -> bool:
    return field.annotation is SecretStr


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
            default = "on" if field.default is True else f"{field.default:.9g}"
            assert default in "\n".join(before), name


def test_a_child_gets_this_environment_with_the_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEKIT_URL", "ws://old.example")
    monkeypatch.setenv("PARLEY_TEST_KEPT", "yes")
    environment = child_environment({"LIVEKIT_URL": "ws://127.0.0.1:7880"})
    assert environment["LIVEKIT_URL"] == "ws://127.0.0.1:7880"
    assert environment["PARLEY_TEST_KEPT"] == "yes"

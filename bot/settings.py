"""Every setting of the application, read once from the environment and `.env`.

Nothing else in the project touches the environment. `.env.example` lists exactly these fields.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from typing_extensions import override

from bot.access.settings import AccessSettings, check_access, with_door
from bot.brand import read_brand
from bot.client_environment import home_changes, told_changes, trust_changes
from bot.errors import SettingsError
from bot.lan.settings import TlsSettings, check_tls, resolved_host, serves_tls
from bot.proxies import is_loopback, native_client_changes, proxy_changes, proxy_for
from bot.setting_checks import (
    DownloadUrl,
    PublicSocketUrl,
    PublicUrl,
    belongs_to_another_program,
    checked_choice,
    checked_key,
    checked_language,
    checked_networks,
    checked_origin,
    env_file_problems,
    unwrapped,
)
from bot.setting_files import checked_path, checked_prompt_file
from bot.stages.vendor import vendors_of
from bot.stages.vendors import KINDS, VENDORS, VendorSettings
from bot.store.settings import StoreSettings

PROJECT_ROOT = Path(__file__).resolve().parent.parent
ENV_FILE = PROJECT_ROOT / ".env"

# Where things are, whose certificates are trusted, the language and the time zone, and how numeric
# libraries use the machine.
_BARE = re.compile(
    r"PATH|HOME|TMPDIR|TZ|LANG|LC_\w+|LD_LIBRARY_PATH|VIRTUAL_ENV|PYTHON\w+|COVERAGE\w*"
    r"|SSL_CERT_(FILE|DIR)"
    r"|ORT_DISABLE_TELEMETRY|(OMP|OPENBLAS)_NUM_THREADS"
)
_NOT_OURS = sorted({name for vendor in VENDORS for name in vendor.sdk_reads})


class _Environment(EnvSettingsSource):
    """The environment without the variables that a shell set for a purpose of its own."""

    @override
    def __call__(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in super().__call__().items()
            if not belongs_to_another_program(name, value)
        }


class Settings(AccessSettings, StoreSettings, TlsSettings, VendorSettings):
    """The frozen settings object. Environment names are the field names in capitals."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
    )

    host: str = Field(default="127.0.0.1", pattern=r"^[A-Za-z0-9.:_-]+$")
    port: int = Field(default=7860, ge=0, le=65535)
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    embed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Sites that may show the assistant in a page of theirs; empty: none."""
    brand_file: Path | None = None
    """A TOML file with the page's name, colour, logo and links."""
    public_url: PublicUrl = ""
    """Where callers' browsers find the page, if not at HOST and PORT."""
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    """Whose word on a caller's address is taken; empty: nobody's."""

    livekit_url: PublicSocketUrl = ""
    livekit_api_key: str = Field(default="", validate_default=True)
    livekit_api_secret: SecretStr = Field(default=SecretStr(""), validate_default=True)
    livekit_public_url: PublicSocketUrl = ""
    """What callers get; empty: LIVEKIT_URL."""
    livekit_releases_url: DownloadUrl = "https://github.com/livekit/livekit/releases/download"

    speech_to_text: str = ""
    """A vendor of the stage in bot/stages/vendors.py; empty: whichever has a key or an address."""
    speech_to_text_fallback: str = ""
    """Who stands in while the first one fails. So with the next two."""
    language_model: str = ""
    language_model_fallback: str = ""
    text_to_speech: str = ""
    text_to_speech_fallback: str = ""
    language: str = "en"
    """What callers speak: a BCP 47 tag, or `multi` (several, as Deepgram knows it)."""

    draft_recogniser: bool = True
    """Guess the caller's words on this machine, before speech-to-text has them. English alone."""

    system_prompt_file: Path = Field(
        default=PROJECT_ROOT / "bot" / "prompts" / "system.md", validate_default=True
    )
    """A relative path counts from the project's folder, as `.env` does."""
    tools_path: Path | None = None
    """A Python file with tools, or a folder of such files."""
    mcp_servers: Path | None = None
    """A JSON file that names MCP servers."""
    appointments_file: Path = PROJECT_ROOT / ".cache" / "appointments.sqlite"
    max_tool_steps: int = Field(default=5, ge=1, le=50)
    """Model answers in a row that may call tools before the turn ends in words."""
    speech_shelf: Path = PROJECT_ROOT / ".cache" / "speech_shelf"
    """Where speech is kept that is said again and again."""
    speech_shelf_mb: int = Field(default=16, ge=0, le=1024)
    """What may be kept; 0: nothing."""
    greeting: str = Field(default="", max_length=500)
    """Empty: the language's own."""
    agent_name: str = Field(default="parley", pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")

    max_reply_tokens: int = Field(default=4096, ge=100, le=1_000_000)
    """Of one answer of the language model, with its thoughts: a quarter of an hour of speech."""
    session_max_tokens: int = Field(default=3_000_000, ge=0)
    """Prompt tokens of one session; 0: without limit. Half an hour of talk takes a million."""
    daily_minutes: float = Field(default=0.0, ge=0.0)
    """Of all calls together, in a UTC day; 0: without limit. So the next two."""
    daily_tokens: int = Field(default=0, ge=0)
    daily_money: float = Field(default=0.0, ge=0.0)
    """In the money of bot/prices.toml."""

    data_dir: Path = PROJECT_ROOT / ".data"
    """What is kept over restarts: sessions, what was spent, invites, whether calls are taken."""

    max_sessions: int = Field(default=8, ge=1, le=1000)
    idle_bots: int = Field(default=2, ge=0, le=100)
    parked_bots: int = Field(default=1, ge=0, le=100, validate_default=True)
    starts_per_minute: int = Field(default=30, ge=1, le=100_000)
    """Session starts accepted per address and minute."""
    sessions_per_address: int | None = Field(default=None, ge=1, le=1000)
    """Sessions one address may have at once; None: half of MAX_SESSIONS."""
    enable_rtvi: bool = False
    """Also speak Pipecat's own client protocol in the room."""
    session_max_secs: float = Field(default=1800.0, ge=10.0, le=86_400.0)
    """Hard limit of one session; announced aloud shortly before."""
    resume_secs: float = Field(default=60.0, ge=1.0, le=3600.0)
    """How long a session waits for a caller who is gone without a word."""
    idle_nudge_secs: float = Field(default=20.0, ge=1.0, le=3600.0)
    """Silence after which the bot asks whether the caller is still there."""
    bot_memory_limit_mb: int = Field(default=700, ge=200, le=1_000_000)
    worker_port: int = Field(default=0, ge=0, le=65535)
    """Health port of the worker; 0 takes a free one."""

    log_level: Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"

    @override
    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment, then `.env`."""
        return init_settings, _Environment(settings_cls), dotenv_settings

    @model_validator(mode="before")
    @classmethod
    def _drop_blanks(cls, values: object) -> object:
        """Take `NAME=` and `NAME="  "` for "not set", and values without what was pasted along."""
        if not isinstance(values, dict):
            return values
        given = cast("dict[str, object]", values)
        bare = {k: unwrapped(v) if isinstance(v, str) else v for k, v in given.items()}
        return with_door({name: value for name, value in bare.items() if value != ""})

    @field_validator("host")
    @classmethod
    def _resolve_host(cls, host: str) -> str:
        return resolved_host(host)

    @field_validator("allowed_origins", "embed_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if isinstance(value, str):
            parts = (part.strip().rstrip("/").lower() for part in value.split(","))
            return tuple(part for part in parts if part)
        return value

    @field_validator("allowed_origins", "embed_origins")
    @classmethod
    def _check_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(checked_origin(origin) for origin in origins)

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_proxies(cls, value: object) -> object:
        return checked_networks(value) if isinstance(value, str) else value

    @field_validator("livekit_public_url")
    @classmethod
    def _check_livekit_public_url(cls, url: str, info: ValidationInfo) -> str:
        is_secure = str(info.data.get("public_url", "")).startswith("https:")
        if is_secure and url.startswith(("ws:", "http:")):
            raise ValueError("must start with wss://: a page from https:// may not use ws://")
        return url

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("language")
    @classmethod
    def _check_language(cls, language: str) -> str:
        return checked_language(language)

    @field_validator(*(f"{kind.field}{end}" for kind in KINDS for end in ("", "_fallback")))
    @classmethod
    def _check_vendor(cls, vendor: str, info: ValidationInfo) -> str:
        kind = next(one for one in KINDS if str(info.field_name).startswith(one.field))
        rows = list(vendors_of(kind, VENDORS))
        nicknames = {other: row.name for row in rows for other in row.nicknames}
        return checked_choice(vendor, [row.name for row in rows], nicknames)

    @field_validator("livekit_api_key", "livekit_api_secret")
    @classmethod
    def _check_livekit_keys(cls, key: str | SecretStr, info: ValidationInfo) -> str | SecretStr:
        checked_key(_text(key))
        # A URL that was refused is not in the data at all, but it was meant.
        has_url = info.data.get("livekit_url") != ""
        if has_url and not _text(key):
            raise ValueError("is needed because LIVEKIT_URL is set")
        return key

    @field_validator("system_prompt_file")
    @classmethod
    def _check_prompt(cls, path: Path) -> Path:
        return checked_prompt_file(PROJECT_ROOT / path)

    @field_validator("tools_path", "mcp_servers", "redact_file", "tls_cert", "tls_key", "caroot")
    @classmethod
    def _check_exists(cls, path: Path | None) -> Path | None:
        return path if path is None else checked_path(PROJECT_ROOT / path)

    @field_validator("brand_file")
    @classmethod
    def _check_brand(cls, path: Path | None) -> Path | None:
        path = path and PROJECT_ROOT / path
        read_brand(path)
        return path

    @field_validator("appointments_file", "speech_shelf", "data_dir")
    @classmethod
    def _check_place(cls, path: Path) -> Path:
        return PROJECT_ROOT / path

    @field_validator("parked_bots")
    @classmethod
    def _check_parked(cls, parked_bots: int, info: ValidationInfo) -> int:
        max_sessions = info.data.get("max_sessions")
        if max_sessions is not None and parked_bots > max_sessions:
            raise ValueError(f"is {parked_bots}, more than MAX_SESSIONS, which is {max_sessions}")
        return parked_bots

    @field_validator("worker_port")
    @classmethod
    def _check_worker_port(cls, worker_port: int, info: ValidationInfo) -> int:
        if worker_port and worker_port == info.data.get("port"):
            raise ValueError("must differ from PORT")
        return worker_port

    @model_validator(mode="after")
    def _check_access(self) -> Settings:
        check_access(self, is_exposed=self.is_exposed)
        check_tls(self, public_url=self.public_url)
        return self

    @property
    def is_exposed(self) -> bool:
        """Whether others than this machine are meant to reach the page and the API."""
        return bool(self.public_url) or not is_loopback(self.host)

    @property
    def serves_tls(self) -> bool:
        """Whether callers come to the runner itself by TLS, and to LiveKit through it."""
        return serves_tls(self, host=self.host, public_url=self.public_url)


def load_settings(env_file: Path | None = ENV_FILE) -> Settings:
    """Read and check all settings.

    Args:
        env_file: Read below the environment; None reads the environment alone.

    Raises:
        SettingsError: code "bad_settings"; the message names every bad setting and the reason.
    """
    settings, problems = None, list[str]()
    try:
        problems += env_file_problems(env_file, known=[n.upper() for n in Settings.model_fields])
        settings = Settings(_env_file=env_file)  # pyright: ignore[reportCallIssue]
    except ValidationError as error:
        problems += [_problem(item["loc"], item["msg"]) for item in error.errors()]
    except UnicodeDecodeError as error:
        message = f"{env_file} cannot be read as UTF-8 text: save it as UTF-8"
        raise SettingsError("bad_settings", message) from error
    except OSError as error:
        message = f"{env_file} cannot be read ({error.strerror}): whose is it?"
        raise SettingsError("bad_settings", message) from error
    if settings is None or problems:
        raise SettingsError("bad_settings", "; ".join(problems))
    return settings


def child_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with `changes`, for a child process."""
    return {**os.environ, **changes}


def bare_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """Return what any program needs of this process's environment: no key is in it.

    `changes` come on top.
    """
    kept = {name: value for name, value in os.environ.items() if _BARE.fullmatch(name)}
    return {**kept, **changes}


def prepare_environment(settings: Settings, *, env_file: Path | None = ENV_FILE) -> list[str]:
    """Set what clients read by themselves, proxies above all, for this process and its children.

    Args:
        settings: All of them.
        env_file: May hold some of it.

    Returns:
        What the operator should know: sentences about the environment.
    """
    _change_environment(told_changes(env_file, os.environ))
    urls = [value for name, value in settings if name.endswith("_url") and value]
    changes, notices = proxy_changes(os.environ, urls=urls)
    home = home_changes(os.environ, has_postgres=settings.is_store_shared)
    for needed, more in (trust_changes(os.environ), home):
        changes |= needed
        notices += more
    for name in _NOT_OURS:
        if name in os.environ:
            notices.append(f"{name} in the environment is no setting of Parley and is not used")
            changes[name] = None
    for name in (field.upper() for field in Settings.model_fields):
        if belongs_to_another_program(name.lower(), os.environ.get(name, "")):
            notices.append(
                f"{name} in the environment looks like another program's and is not used; "
                "what is set in .env is"
            )
            changes[name] = None
    # ONNX Runtime, in every bot and recogniser, would report its use to its maker.
    changes["ORT_DISABLE_TELEMETRY"] = "1"
    _change_environment(changes)
    return notices


def wants_colours() -> bool:
    """Tell whether a terminal is to be written to in colours (no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def prepare_bot_environment(settings: Settings) -> None:
    """Set what libraries read from the environment; call it before they are imported."""
    if proxy_for(settings.livekit_url) is None:
        _change_environment(native_client_changes(os.environ))
    os.environ.update(
        {
            # On two cores BLAS threads that spin cost the turn model 90 ms per turn.
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            # What the turn model gives back after a turn goes back to the system: 29 MB a bot.
            "MALLOC_TRIM_THRESHOLD_": "4194304",
            # In pages of 2 MB, so that getting it anew costs a look 4 ms less.
            "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
            # 255 MB of models that may be used with livekit-agents' own sessions only.
            "LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE": "0",
            # Its watch over the event loop wakes every process 110 times a second, idle ones too.
            "LIVEKIT_AGENTS_LOOP_BLOCK_WARN_MS": "0",
            # Until a process has set up its own log.
            "LOGURU_LEVEL": "WARNING",
            # Pipecat would log the whole conversation.
            "PIPECAT_LOG_LLM_CONTEXT": "off",
        }
    )


NO_SECRET = "kept-by-the-worker"
"""In the place of LiveKit's, for who must not hold it: where LIVEKIT_URL is set one has to be."""


def drop_livekit_secret() -> None:
    """Take it out of the environment, where livekit-agents puts it as it starts.

    Settings that are read from it afterwards hold `NO_SECRET`, whatever `.env` has.
    """
    os.environ["LIVEKIT_API_SECRET"] = NO_SECRET


def _change_environment(changes: Mapping[str, str | None]) -> None:
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _problem(location: tuple[int | str, ...], reason: str) -> str:
    reason = reason.removeprefix("Value error, ")
    return f"{str(location[0]).upper()}: {reason}" if location else reason


def _text(key: str | SecretStr) -> str:
    return key.get_secret_value() if isinstance(key, SecretStr) else key

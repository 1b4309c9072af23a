"""Every setting of the application, read once from the environment and `.env`.

Nothing else in the project touches the environment. `.env.example` lists exactly these fields.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingsError

PROJECT_ROOT = Path(__file__).resolve().parent.parent

_WEBSOCKET_SCHEMES = ("ws", "wss")
_HTTP_SCHEMES = ("http", "https")


class Settings(BaseSettings):
    """The frozen settings object. Environment names are the field names in capitals."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        # `NAME=` in .env means "not set", as in .env.example.
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=0, le=65535)
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()

    livekit_url: str = ""
    livekit_api_key: str = ""
    livekit_api_secret: SecretStr = SecretStr("")
    livekit_releases_url: str = "https://github.com/livekit/livekit/releases/download"

    deepgram_api_key: SecretStr = SecretStr("")
    deepgram_base_url: str = ""
    deepgram_model: str = "nova-3-general"

    openai_api_key: SecretStr = SecretStr("")
    openai_base_url: str = ""
    openai_llm_base_url: str = ""
    openai_tts_base_url: str = ""
    openai_model: str = "gpt-4.1"
    openai_tts_model: str = "gpt-4o-mini-tts"
    openai_voice: str = "alloy"

    system_prompt_file: Path = Path("bot/prompts/system.md")
    greeting: str = "Hi, I'm Parley. What can I do for you?"
    agent_name: str = Field(default="parley", pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")

    max_sessions: int = Field(default=8, ge=1, le=1000)
    idle_bots: int = Field(default=2, ge=0, le=100)
    parked_bots: int = Field(default=1, ge=0, le=100)
    starts_per_minute: int = Field(default=30, ge=1, le=100_000)
    """Session starts accepted per address and minute."""
    session_max_secs: float = Field(default=1800.0, ge=10.0)
    """Hard limit of one session; announced aloud shortly before."""
    idle_nudge_secs: float = Field(default=20.0, ge=1.0)
    """Silence after which the bot asks whether the caller is still there."""
    bot_memory_limit_mb: int = Field(default=700, ge=200)
    worker_port: int = Field(default=0, ge=0, le=65535)
    """Health port of the worker; 0 takes a free one."""

    log_level: Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _check_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            parts = urlsplit(origin)
            is_bare = not (parts.path or parts.query or parts.fragment)
            if parts.scheme not in _HTTP_SCHEMES or not parts.hostname or not is_bare:
                raise ValueError(f"{origin!r} is not an origin; write it like https://example.com")
        return origins

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("livekit_url")
    @classmethod
    def _check_livekit_url(cls, url: str) -> str:
        return _checked_url(url, (*_WEBSOCKET_SCHEMES, *_HTTP_SCHEMES))

    @field_validator("deepgram_base_url")
    @classmethod
    def _check_deepgram_url(cls, url: str) -> str:
        return _checked_url(url, (*_WEBSOCKET_SCHEMES, *_HTTP_SCHEMES))

    @field_validator(
        "openai_base_url", "openai_llm_base_url", "openai_tts_base_url", "livekit_releases_url"
    )
    @classmethod
    def _check_http_url(cls, url: str) -> str:
        return _checked_url(url, _HTTP_SCHEMES)

    @field_validator("system_prompt_file")
    @classmethod
    def _check_prompt(cls, path: Path) -> Path:
        if not path.is_file():
            raise ValueError(f"there is no file {str(path)!r}")
        if not path.read_text(encoding="utf-8").strip():
            raise ValueError(f"the file {str(path)!r} is empty")
        return path

    @model_validator(mode="after")
    def _check_livekit_keys(self) -> Settings:
        has_keys = bool(self.livekit_api_key and self.livekit_api_secret.get_secret_value())
        if self.livekit_url and not has_keys:
            raise ValueError(
                "LIVEKIT_URL is set, so LIVEKIT_API_KEY and LIVEKIT_API_SECRET are needed too"
            )
        return self

    @property
    def uses_local_speech_to_text(self) -> bool:
        return not (self.deepgram_api_key.get_secret_value() or self.deepgram_base_url)

    @property
    def uses_local_language_model(self) -> bool:
        base_url = self.openai_llm_base_url or self.openai_base_url
        return not (self.openai_api_key.get_secret_value() or base_url)

    @property
    def uses_local_text_to_speech(self) -> bool:
        base_url = self.openai_tts_base_url or self.openai_base_url
        return not (self.openai_api_key.get_secret_value() or base_url)


def load_settings() -> Settings:
    """Read and check all settings.

    Raises:
        SettingsError: code "bad_settings"; the message names every bad setting and the reason.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(_problem(item["loc"], item["msg"]) for item in error.errors())
        raise SettingsError("bad_settings", problems) from None


def child_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with `changes`, for a child process."""
    return {**os.environ, **changes}


def _problem(location: tuple[int | str, ...], reason: str) -> str:
    reason = reason.removeprefix("Value error, ")
    return f"{str(location[0]).upper()}: {reason}" if location else reason


def _checked_url(url: str, schemes: tuple[str, ...]) -> str:
    """Return `url` without a trailing slash; empty stays empty."""
    if not url:
        return url
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"{url!r} is not a URL that starts with {' or '.join(schemes)}://")
    return url.rstrip("/")

"""The three stages of an answer as one table: where each is, its key, its model, our patience.

Services, launcher, health, doctor and logs read this table; none of them asks the settings again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.errors import SettingsError
from bot.proxies import is_loopback
from bot.settings import Settings

_WEB_SCHEMES = {"ws": "http", "wss": "https"}
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Place(Enum):
    """Where a stage is."""

    LOCAL = "local"
    """A provider of `bot.local` stands in."""
    VENDOR = "vendor"
    ELSEWHERE = "elsewhere"
    """Another server that speaks the vendor's protocol."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is the same for a stage whatever the settings are: its names and defaults."""

    name: str
    vendor_url: str
    strict_secs: float
    """Patience at the vendor's own address, and with the provider that stands in."""
    patient_secs: float
    """Patience with another server."""
    key: str
    """The name of a setting, as are those below."""
    address: str
    model: str
    patience: str = ""
    shared_key: str = ""
    """Whose value it has too, at the shared address only."""
    shared_address: str = ""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage as it is set."""

    row: Row
    place: Place
    address: str
    """Empty if it is local: the launcher knows."""
    key: SecretStr
    """What was given for this address; empty if nothing was."""
    has_shared_key: bool
    model: str
    patience_secs: float
    """What one attempt may take to its first token, its first audio or its handshake."""

    @property
    def is_local(self) -> bool:
        return self.place is Place.LOCAL

    @property
    def sent_key(self) -> str:
        """What a client sends: the vendors' own refuse an empty key, other servers ignore one."""
        return self.key.get_secret_value() or "local"

    @property
    def shown_address(self) -> str:
        """The address without a password."""
        parts = urlsplit(self.address)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    def __str__(self) -> str:
        """Return what a log says of it."""
        where = "local" if self.is_local else f"{self.model} at {self.shown_address}"
        return f"{self.row.name}: {where}"


class Stages(NamedTuple):
    """The table as it is set."""

    speech_to_text: Stage
    language_model: Stage
    text_to_speech: Stage


_ROWS = (
    Row(
        name="speech-to-text",
        vendor_url="wss://api.deepgram.com",
        # A handshake takes two or three round trips.
        strict_secs=3.0,
        patient_secs=3.0,
        key="DEEPGRAM_API_KEY",
        address="DEEPGRAM_BASE_URL",
        model="DEEPGRAM_MODEL",
    ),
    Row(
        name="language-model",
        vendor_url="https://api.openai.com/v1",
        # Published times to first token of large models: p50 .5-.8, p99 2-3 s.
        strict_secs=4.0,
        # A model on a CPU reads 70 to 200 tokens a second: our prompt and tools with a talk of ten
        # minutes, 2000 tokens, in 10 to 29 s.
        patient_secs=30.0,
        key="OPENAI_LLM_API_KEY",
        address="OPENAI_LLM_BASE_URL",
        model="OPENAI_MODEL",
        patience="OPENAI_LLM_PATIENCE_SECS",
        shared_key="OPENAI_API_KEY",
        shared_address="OPENAI_BASE_URL",
    ),
    Row(
        name="text-to-speech",
        vendor_url="https://api.openai.com/v1",
        # Public first-byte times: p50 .4, p99 1.5 s.
        strict_secs=2.0,
        # A sentence of 8 s, made about as fast as it is spoken and sent whole.
        patient_secs=10.0,
        key="OPENAI_TTS_API_KEY",
        address="OPENAI_TTS_BASE_URL",
        model="OPENAI_TTS_MODEL",
        patience="OPENAI_TTS_PATIENCE_SECS",
        shared_key="OPENAI_API_KEY",
        shared_address="OPENAI_BASE_URL",
    ),
)


def stages_of(settings: Settings) -> Stages:
    """Return the table.

    A key goes to the address it was given for and nowhere else. A stage's own key is for its
    address; `OPENAI_API_KEY` is for `OPENAI_BASE_URL`, or for OpenAI itself if that is empty. The
    same address means the same scheme, host and port; paths on one server may differ.

    Raises:
        SettingsError: code "ambiguous_key" if `OPENAI_API_KEY` would go to OpenAI although it may
            be meant for another server.
    """
    stages = Stages(*(_stage(row, settings) for row in _ROWS))
    if not settings.openai_base_url:
        _check_shared_key(stages)
    return stages


def language_problem(settings: Settings) -> str:
    """Return what stands against the language that is set; empty if nothing does."""
    listening = stages_of(settings).speech_to_text
    if not listening.is_local or settings.language.partition("-")[0] == "en":
        return ""
    return (
        f"the local recogniser understands English only: set {listening.row.key} or "
        f"{listening.row.address}, or LANGUAGE=en"
    )


def _stage(row: Row, settings: Settings) -> Stage:
    own_key, shared_key = _value(settings, row.key), _value(settings, row.shared_key)
    shared_address = _value(settings, row.shared_address)
    address = _value(settings, row.address) or shared_address
    may_share = _origin(address or row.vendor_url) == _origin(shared_address or row.vendor_url)
    key = own_key or (shared_key if may_share else "")
    if not (address or key):
        place = Place.LOCAL
    elif _origin(address or row.vendor_url) == _origin(row.vendor_url):
        place = Place.VENDOR
    else:
        place = Place.ELSEWHERE
    default_secs = row.patient_secs if place is Place.ELSEWHERE else row.strict_secs
    return Stage(
        row=row,
        place=place,
        address="" if place is Place.LOCAL else address or row.vendor_url,
        key=SecretStr(key),
        has_shared_key=bool(key) and not own_key,
        model=_value(settings, row.model),
        patience_secs=_value(settings, row.patience) or default_secs,
    )


def _check_shared_key(stages: Stages) -> None:
    """Refuse to send to OpenAI what may be the key of another server.

    A server on this machine raises no doubt: a key for it opens nothing anywhere else.
    """
    to_openai = next((stage for stage in stages if stage.has_shared_key), None)
    for stage in stages:
        is_outside = stage.place is Place.ELSEWHERE and stage.row.shared_key
        has_key = bool(stage.key.get_secret_value())
        if not to_openai or not is_outside or has_key or is_loopback(_origin(stage.address)[1]):
            continue
        mine, other = stage.row, to_openai.row
        message = (
            f"{mine.shared_key}: is it OpenAI's key, or that of {mine.address}? A key goes to one "
            f"address only. Call it {mine.key} if it is for that address, {other.key} if it is "
            "OpenAI's"
        )
        raise SettingsError("ambiguous_key", message)


def _value(settings: Settings, name: str) -> Any:
    value = getattr(settings, name.lower()) if name else ""
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    scheme = _WEB_SCHEMES.get(parts.scheme, parts.scheme)
    host = (parts.hostname or "").rstrip(".")
    return scheme, host, parts.port or _DEFAULT_PORTS.get(scheme)

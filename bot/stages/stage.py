"""One stage of an answer as it is set."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from pydantic import SecretStr
from typing_extensions import override

from bot.stages.vendor import StageKind, Vendor


class Place(Enum):
    """Where a stage is."""

    LOCAL = "local"
    """A provider of `bot.local` stands in."""
    VENDOR = "vendor"
    ELSEWHERE = "elsewhere"
    """Another server that speaks the vendor's protocol."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage as it is set."""

    vendor: Vendor
    place: Place
    address: str
    """Empty if it is local and nobody runs it yet: the launcher knows."""
    key: SecretStr
    """What was given for this address; empty if nothing was."""
    has_shared_key: bool
    model: str
    """Empty if there is nothing to choose."""
    voice: str
    language: str
    """A BCP 47 tag, or `multi`: what callers speak, or all that this vendor knows."""
    patience_secs: float
    """What one attempt may take to its first token, its first audio or its words; for a live
    recogniser, the time without a useful connection."""
    fallback: Stage | None = None
    """Who stands in for it while it fails."""
    is_fallback: bool = False

    @property
    def kind(self) -> StageKind:
        return self.vendor.kind

    @property
    def name(self) -> str:
        """What doctor and logs call it."""
        return f"{self.kind.name} fallback" if self.is_fallback else self.kind.name

    @property
    def is_local(self) -> bool:
        return self.place is Place.LOCAL

    @property
    def question_secs(self) -> float:
        """What the first of an answer to a question may take."""
        return self.vendor.question_secs or self.patience_secs

    @property
    def sent_key(self) -> str:
        """What a client sends: the vendors' own refuse an empty key, other servers ignore one."""
        return self.key.get_secret_value() or "local"

    @property
    def shown_model(self) -> str:
        """The model; the voice, if that is all there is to choose."""
        return self.model or self.voice or self.vendor.name

    @property
    def shown_address(self) -> str:
        """The address without a password or a query, which may hold a key."""
        parts = urlsplit(self.address)
        netloc = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=netloc, query="", fragment="").geturl()

    @override
    def __str__(self) -> str:
        """Return what a log says of it."""
        where = "local" if self.is_local else f"{self.shown_model} at {self.shown_address}"
        return f"{self.name}: {where}"

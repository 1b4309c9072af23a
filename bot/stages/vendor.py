"""What a row of the table of vendors says; the table is bot/stages/vendors.py."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

LOCAL = "local"
"""The name of what stands in on this machine."""


@dataclass(frozen=True, kw_only=True)
class StageKind:
    """One of the three stages, whoever it is."""

    name: str
    """As logs and doctor say it."""
    setting: str
    """The setting that names the vendor; with `_FALLBACK`, the one that stands in for it."""
    with_fallback: str
    """The processor that two services become, as "module:name"."""

    @property
    def fallback_setting(self) -> str:
        return f"{self.setting}_FALLBACK"

    @property
    def patience(self) -> str:
        return f"{self.setting}_PATIENCE_SECS"

    @property
    def field(self) -> str:
        """Its name where Python wants one."""
        return self.setting.lower()


@dataclass(frozen=True, kw_only=True)
class ModelFamily:
    """Models of a vendor that speak a protocol of their own."""

    prefix: str
    """Of their names."""
    service: str
    question: str
    languages: dict[str, tuple[str, ...]] = field(hash=False)
    """All that each model understands, by its name; of others nobody can tell."""


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """One vendor of one stage. Names in capitals are settings."""

    name: str
    kind: StageKind
    service: str
    """Built with `api_key`, `base_url`, `patience_secs` and what its stage has of `model`, `voice`,
    `language`; an empty string means its own default."""
    question: str
    """How it is asked for one word: a `Question`."""
    url: str
    """Its own server; empty if that is only known at run time."""
    scheme: str = "http"
    """What its service wants an address to begin with: `http` or `ws`, each with or without TLS."""
    address: str
    key: str = ""
    model: str = ""
    only_model: str = ""
    """What runs there, if nobody can choose; usage and figures name it."""
    voice: str = ""
    patience: str = ""
    """Goes before the patience of the stage."""
    strict_secs: float
    """Patience at the vendor's own address, and with the local one."""
    patient_secs: float
    """Patience with another server."""
    shared_key: str = ""
    """Whose value it has too, at the shared address only."""
    shared_address: str = ""
    path: str = ""
    """Comes after the address, where the service wants it said."""
    question_secs: float | None = None
    """What its answer to a question may take; None: its patience."""
    taken_up_by: tuple[str, ...] = ()
    """Settings any of which chooses it where no vendor is named."""
    loads_when_asked: bool = False
    """Servers of its protocol may load a model with the first request only."""
    extra: str = ""
    """Of pyproject.toml; empty if what it needs is always installed."""
    package: str = ""
    """What the extra brings, as it is imported."""
    sdk_reads: tuple[str, ...] = ()
    """What its SDK reads from the environment by itself, and then sends to any server or is led
    astray by: taken away."""
    languages: tuple[str, ...] = ()
    """All it understands or speaks; empty if they are many."""
    voice_names_language: bool = False
    """Its voices are called by the language they speak, at the end: `-en`."""
    nicknames: tuple[str, ...] = ()
    """What people may call it."""
    families: tuple[ModelFamily, ...] = ()
    """Models for which another service is built, and other questions asked."""

    def with_model(self, model: str) -> Vendor:
        """Return the row as it is for a model."""
        for family in self.families:
            if model.startswith(family.prefix):
                return replace(
                    self,
                    service=family.service,
                    question=family.question,
                    languages=family.languages.get(model, ()),
                )
        return self

    @property
    def setting_names(self) -> tuple[str, ...]:
        """Every setting it reads of its own."""
        names = (
            self.shared_key,
            self.shared_address,
            self.key,
            self.address,
            self.model,
            self.voice,
            self.patience,
        )
        return tuple(name for name in names if name)

    @property
    def missing_package(self) -> str:
        """A sentence on what to install; empty if nothing is missing."""
        if not self.package or self.package in sys.modules or _is_there(self.package):
            return ""
        return (
            f"{self.kind.name} by {self.name} needs a package that is not installed: "
            f"run `{install_command(self.extra)}`"
        )

    def load_service(self) -> Any:
        """Import the class of its service.

        Raises:
            ImportError: its package is missing.
        """
        return load(self.service)

    def load_question(self) -> Any:
        """Import its question."""
        return load(self.question)


def install_command(extra: str) -> str:
    """Return what installs the packages of an extra where `make` has installed the others."""
    return f".venv/bin/python -m pip install '.[{extra}]'"


def load(path: str) -> Any:
    """Import what "module:name" says."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def vendors_of(kind: StageKind, vendors: Sequence[Vendor]) -> Iterator[Vendor]:
    """Yield the rows of one stage in their order."""
    return (vendor for vendor in vendors if vendor.kind.setting == kind.setting)


def _is_there(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False

"""The three stages of an answer as they are set: which vendor, where, its key, model and patience.

Services, launcher, health, doctor and logs read this table; none of them asks the settings again.
What there is to choose from is bot/stages/vendors.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.errors import SettingsError
from bot.languages.choice import SEVERAL
from bot.proxies import is_loopback
from bot.settings import Settings
from bot.stages.stage import Place, Stage
from bot.stages.vendor import LOCAL, StageKind, Vendor, vendors_of
from bot.stages.vendors import KINDS, VENDORS

_WEB_SCHEMES = {"ws": "http", "wss": "https"}
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Stages(NamedTuple):
    """The table as it is set."""

    speech_to_text: Stage
    language_model: Stage
    text_to_speech: Stage

    def in_use(self) -> Iterator[Stage]:
        """Yield all, each with its fallback after it."""
        for stage in self:
            yield stage
            if stage.fallback:
                yield stage.fallback


def stages_of(settings: Settings, *, vendors: Sequence[Vendor] = VENDORS) -> Stages:
    """Return the table.

    A stage that names no vendor is the one whose key or address is given, or else local. A key goes
    to the address it was given for and nowhere else. A stage's own key is for its address;
    `OPENAI_API_KEY` is for `OPENAI_BASE_URL`, or for OpenAI itself if that is empty. The same
    address means the same scheme, host and port; paths on one server may differ.

    Args:
        settings: All of them.
        vendors: Whom there is to choose from.

    Raises:
        SettingsError: code "no_key" if a vendor is named that has none; "same_fallback" if one
            would stand in for itself; "ambiguous_key" if `OPENAI_API_KEY` would go to OpenAI
            although it may be meant for another server.
    """
    stages = Stages(*(_with_fallback(kind, settings, vendors) for kind in KINDS))
    if not settings.openai_base_url:
        _check_shared_key(stages)
    return stages


def language_problem(settings: Settings) -> str:
    """Return what stands against the language that is set; empty if nothing does."""
    listening = stages_of(settings).speech_to_text
    if listening.language == settings.language:
        return ""
    if not listening.is_local:
        return (
            f"{listening.model} does not understand {settings.language}: set "
            f"{listening.vendor.model} to a model that does, or LANGUAGE={listening.language}"
        )
    first = next(vendors_of(listening.kind, VENDORS))
    return (
        "the local recogniser understands English only: set "
        f"{first.key} or {first.address}, or LANGUAGE=en"
    )


def language_gaps(settings: Settings, *, vendors: Sequence[Vendor] = VENDORS) -> list[str]:
    """Return a sentence for each stage that speaks another language than the one that is set.

    It works all the same, so this is no problem; `language_problem` is.
    """
    wanted = settings.language.partition("-")[0]
    if wanted == SEVERAL:
        return []
    spoken = [(one, _only_language(one)) for one in stages_of(settings, vendors=vendors).in_use()]
    return [
        f"{_part_of(stage)} speaks {language}"
        for stage, language in spoken
        if language and language != wanted
    ]


def check_packages(settings: Settings, *, vendors: Sequence[Vendor] = VENDORS) -> None:
    """Look whether every stage in use can be built here.

    Raises:
        SettingsError: code "missing_package"; its message says what to install.
    """
    stages = stages_of(settings, vendors=vendors).in_use()
    problems = [problem for stage in stages if (problem := stage.vendor.missing_package)]
    if problems:
        raise SettingsError("missing_package", "; ".join(problems))


def unused_settings(settings: Settings, *, vendors: Sequence[Vendor] = VENDORS) -> list[str]:
    """Return a sentence for each setting of a vendor that was given and that nobody reads."""
    used = {
        name
        for stage in stages_of(settings, vendors=vendors).in_use()
        for name in stage.vendor.setting_names
    }
    readers = dict[str, Vendor]()
    for vendor in vendors:
        for name in vendor.setting_names:
            readers.setdefault(name, vendor)
    return [
        f"{name} is set and not used: {one.kind.setting}={one.name} would use it"
        for name, one in readers.items()
        if name not in used and name.lower() in settings.model_fields_set
    ]


def _part_of(stage: Stage) -> str:
    """Return what to call the part of a stage that has a language."""
    return stage.vendor.voice or (f"the local {stage.name}" if stage.is_local else stage.model)


def _only_language(stage: Stage) -> str:
    """Return the one language a stage knows; empty if it knows many, or nobody can tell."""
    if stage.vendor.voice_names_language:
        ending = re.search(r"-([a-z]{2})$", stage.voice)
        return ending.group(1) if ending else ""
    if stage.is_local:
        # It is one program with one language, whether its wire can say so or not.
        return "en"
    return stage.language.partition("-")[0] if stage.vendor.languages else ""


def _with_fallback(kind: StageKind, settings: Settings, vendors: Sequence[Vendor]) -> Stage:
    rows = {one.name: one for one in vendors_of(kind, vendors)}
    named = value_of(settings, kind.setting)
    first = rows[named] if named else _taken_up(rows, settings)
    second = rows.get(value_of(settings, kind.fallback_setting))
    if second is first:
        message = f"{kind.fallback_setting}: must be another one than {kind.setting}: {first.name}"
        raise SettingsError("same_fallback", message)
    fallback = _stage(second, settings, named_by=kind.fallback_setting) if second else None
    return _stage(first, settings, named_by=kind.setting if named else "", fallback=fallback)


def _taken_up(rows: dict[str, Vendor], settings: Settings) -> Vendor:
    """Return the vendor that something was given for."""
    for vendor in rows.values():
        if any(value_of(settings, name) for name in vendor.taken_up_by):
            return vendor
    return rows[LOCAL]


def _stage(
    vendor: Vendor, settings: Settings, *, named_by: str, fallback: Stage | None = None
) -> Stage:
    own_key, shared_key = value_of(settings, vendor.key), value_of(settings, vendor.shared_key)
    shared_address = value_of(settings, vendor.shared_address)
    address = value_of(settings, vendor.address) or shared_address
    may_share = _origin(address or vendor.url) == _origin(shared_address or vendor.url)
    key = own_key or (shared_key if may_share else "")
    place = _place(vendor, address)
    if named_by and place is Place.VENDOR and not key:
        keys = " or ".join(name for name in (vendor.shared_key, vendor.key) if name)
        message = f"{named_by}: {vendor.name} needs a key, in {keys}"
        raise SettingsError("no_key", message)
    model = value_of(settings, vendor.model) or vendor.only_model
    vendor = vendor.with_model(model)
    default_secs = vendor.patient_secs if place is Place.ELSEWHERE else vendor.strict_secs
    patience_secs = value_of(settings, vendor.patience) or value_of(settings, vendor.kind.patience)
    return Stage(
        vendor=vendor,
        place=place,
        address=_full_address(vendor, address or vendor.url),
        key=SecretStr(key),
        has_shared_key=bool(key) and not own_key,
        model=model,
        voice=value_of(settings, vendor.voice),
        language=_language(vendor, settings.language),
        patience_secs=patience_secs or default_secs,
        fallback=fallback,
        is_fallback=named_by == vendor.kind.fallback_setting,
    )


def _full_address(vendor: Vendor, address: str) -> str:
    """Return an address in the form that the vendor's service wants; people write either."""
    if not address:
        return ""
    scheme, _, rest = address.partition("://")
    tls = "s" if scheme in ("https", "wss") else ""
    path = "" if rest.endswith(vendor.path) else vendor.path
    return f"{vendor.scheme}{tls}://{rest}{path}"


def _place(vendor: Vendor, address: str) -> Place:
    if vendor.name == LOCAL:
        return Place.LOCAL
    is_own = _origin(address or vendor.url) == _origin(vendor.url)
    return Place.VENDOR if is_own else Place.ELSEWHERE


def _language(vendor: Vendor, language: str) -> str:
    is_known = not vendor.languages or language.partition("-")[0] in vendor.languages
    return language if is_known else vendor.languages[0]


def _check_shared_key(stages: Stages) -> None:
    """Refuse to send to OpenAI what may be the key of another server.

    A server on this machine raises no doubt: a key for it opens nothing anywhere else.
    """
    to_openai = next((stage for stage in stages.in_use() if stage.has_shared_key), None)
    for stage in stages.in_use():
        is_outside = stage.place is Place.ELSEWHERE and stage.vendor.shared_key
        has_key = bool(stage.key.get_secret_value())
        if not to_openai or not is_outside or has_key or is_loopback(_origin(stage.address)[1]):
            continue
        mine, other = stage.vendor, to_openai.vendor
        message = (
            f"{mine.shared_key}: is it OpenAI's key, or that of {mine.address}? A key goes to one "
            f"address only. Call it {mine.key} if it is for that address, {other.key} if it is "
            "OpenAI's"
        )
        raise SettingsError("ambiguous_key", message)


def value_of(settings: Settings, name: str) -> Any:
    """Return the plain value of a setting; empty for no name."""
    value = getattr(settings, name.lower()) if name else ""
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    scheme = _WEB_SCHEMES.get(parts.scheme, parts.scheme)
    host = (parts.hostname or "").rstrip(".")
    return scheme, host, parts.port or _DEFAULT_PORTS.get(scheme)

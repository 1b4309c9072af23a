"""What is set about who may call."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import BaseSettings, NoDecode

from bot.proxies import is_loopback

EVERYBODY = "*"
MIN_KEY_CHARS = 12
"""With the slowing of bot/access/brake.py a word of this length is not guessed over a network."""
MAX_KEY_CHARS = 256
MAX_PERSON_CHARS = 64

_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")


def _checked_access_key(key: SecretStr) -> SecretStr:
    text = key.get_secret_value()
    if text and not MIN_KEY_CHARS <= len(text) <= MAX_KEY_CHARS:
        raise ValueError(f"must have {MIN_KEY_CHARS} to {MAX_KEY_CHARS} characters")
    if not (text.isascii() and text.isprintable()):
        # Apps send it in a header.
        raise ValueError("may hold letters without accents, digits, signs and spaces only")
    return key


def _checked_header(name: str) -> str:
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError("this is not the name of a header, such as Remote-User")
    return name.lower()


def _listed(value: object) -> object:
    if isinstance(value, str):
        parts = (part.strip() for part in value.split(","))
        return tuple(part for part in parts if part)
    return value


def _checked_networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            message = "write addresses or networks, such as 10.0.0.5 or 10.1.0.0/24"
            raise ValueError(message) from None
    return networks


_AccessKey = Annotated[SecretStr, AfterValidator(_checked_access_key)]
_Header = Annotated[str, AfterValidator(_checked_header)]
_Networks = Annotated[
    tuple[str, ...], NoDecode, BeforeValidator(_listed), AfterValidator(_checked_networks)
]
_Persons = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
_Way = Annotated[
    Literal["", "open", "key", "invite", "proxy"],
    BeforeValidator(lambda way: way.lower() if isinstance(way, str) else way),
]


class AccessSettings(BaseSettings):
    """Who may call, and whose tools the shared calendar's are."""

    access: _Way = ""
    """Empty is open, and allowed only while nobody but this machine reaches the API."""
    access_key: _AccessKey = SecretStr("")
    """For `key`."""
    access_proxies: _Networks = ()
    """For `proxy`: where it connects from."""
    access_header: _Header = "remote-user"
    """For `proxy`: in which header it writes who has signed in."""
    appointments_for: _Persons = ()
    """Who may use the calendar: names as invites and proxies give them, or `*`."""


def with_door(given: dict[str, object]) -> dict[str, object]:
    """Return settings that let others in a network call by invites, if nobody has said how.

    Args:
        given: What is set, by name. With a PUBLIC_URL the whole internet calls: that is for
            `check_access` to refuse.
    """
    host = str(given.get("host", ""))
    is_open = not host or is_loopback(host) or bool(given.get("public_url"))
    return given if is_open or given.get("access") else {**given, "access": "invite"}


def check_access(settings: AccessSettings, *, is_exposed: bool) -> None:
    """Refuse an installation that lets strangers in without anybody having said so.

    Args:
        settings: Who may call.
        is_exposed: Others than this machine can reach the API.

    Raises:
        ValueError: with the sentence for the operator.
    """
    way = settings.access
    if is_exposed and not way:
        raise ValueError(
            "ACCESS: is needed because PUBLIC_URL lets others call: key (with ACCESS_KEY), "
            "invite, proxy (with ACCESS_PROXIES), or open if anybody may"
        )
    if way == "key" and not settings.access_key.get_secret_value():
        raise ValueError("ACCESS_KEY: is needed because ACCESS is key")
    if way == "proxy" and not settings.access_proxies:
        raise ValueError("ACCESS_PROXIES: is needed because ACCESS is proxy")


def has_open_calendar(settings: AccessSettings, *, is_exposed: bool, livekit_url: str) -> bool:
    """Tell whether every caller may use the calendar."""
    if settings.appointments_for:
        return EVERYBODY in settings.appointments_for
    return not has_strangers(settings, is_exposed=is_exposed, livekit_url=livekit_url)


def has_strangers(settings: AccessSettings, *, is_exposed: bool, livekit_url: str) -> bool:
    """Tell whether callers may be other people than whoever runs this installation."""
    livekit_host = urlsplit(livekit_url).hostname or "localhost"
    return bool(settings.access) or is_exposed or not is_loopback(livekit_host)

"""What a single setting must look like: the value comes back, or `ValueError` with the reason.

No message repeats the value: somebody may have pasted a key in its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from dotenv.parser import parse_stream
from pydantic import AfterValidator, Field, SecretStr

from bot.lan.settings import LAN
from bot.proxies import is_loopback

WEBSOCKET_SCHEMES = ("ws", "wss")
HTTP_SCHEMES = ("http", "https")

# `OPENAI_APIKEY` is a slip (0.96); `OPENAI_API_BASE` (0.76) belongs to another program.
_MISSPELLED_RATIO = 0.9
# `eleven` (0.75) and `antropic` (0.94) are meant for one; `sk` and `none` are not.
_MEANT_RATIO = 0.7
# What examples and tutorials put where the key belongs.
_PLACEHOLDER = re.compile(
    r"^(sk-)?(your|change[-_ ]?me|placeholder|todo|x{6,})|^<.*>$|\.\.\.|…", re.IGNORECASE
)

# As long as RFC 5646 wants every program to take, and as the store does.
_LANGUAGE = re.compile(r"^(?=.{2,35}$)[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
_ORIGIN_HOST = re.compile(r"[A-Za-z0-9._-]+")
_NOT_IN_ORIGINS = set(" \t,;'\"*")
_HOST_NAME = re.compile(r"^(?![\d.]+$)[A-Za-z0-9._-]+$")
# Zero-width space, joiners and no-break space, direction marks, byte order mark.
_WIDTHLESS = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_QUOTES = ('""', "''", "\u201c\u201d", "\u2018\u2019", "``")


def checked_url(url: str, schemes: tuple[str, ...]) -> str:
    """Return `url` without a trailing slash; empty stays empty."""
    if not url:
        return url
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.hostname or not _has_good_port(url):
        starts = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ValueError(f"this is not a URL that starts with {starts}")
    return url.rstrip("/")


def checked_download_url(url: str) -> str:
    """Return where programs are downloaded from: nobody on the way may choose what is run here."""
    parts = urlsplit(checked_url(url, HTTP_SCHEMES))
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("must begin with https://, unless it is on this machine")
    return url.rstrip("/")


def checked_origin(origin: str) -> str:
    """Return a web origin: scheme, host and port, nothing else."""
    parts = urlsplit(checked_url(origin, HTTP_SCHEMES))
    if parts.path or parts.query or parts.fragment or parts.username:
        raise ValueError("an origin has no path; write it like https://example.com")
    host = parts.hostname or ""
    # It is compared with what browsers send, and goes into a header.
    if not (_ORIGIN_HOST.fullmatch(host) or ":" in host) or set(origin) & _NOT_IN_ORIGINS:
        raise ValueError(
            "an origin names one host, international ones as browsers send them (xn--...)"
        )
    return origin


def checked_public_url(url: str) -> str:
    """Return the address of the page: it is at the root of its host, and nothing else is in it."""
    parts = urlsplit(checked_url(url.lower(), HTTP_SCHEMES))
    _refuse_extras(parts)
    if parts.path:
        message = "must have no path: the page is at the root of a host, so give it one of its own"
        raise ValueError(message)
    return parts.geturl()


def checked_public_socket(url: str) -> str:
    """Return a LiveKit address that strangers may see."""
    url = checked_url(url, (*WEBSOCKET_SCHEMES, *HTTP_SCHEMES))
    _refuse_extras(urlsplit(url))
    return url


def _refuse_extras(parts: SplitResult) -> None:
    if parts.username is not None or parts.password is not None:
        raise ValueError("must have no name and password: every caller gets to see this address")
    if parts.query or parts.fragment:
        raise ValueError("must have nothing after a ? or #")
    host = parts.hostname or ""
    # It is compared with what browsers send, and goes into a header.
    if host and not (_ORIGIN_HOST.fullmatch(host) or ":" in host):
        raise ValueError("names one host, international ones as browsers send them (xn--...)")


def checked_networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return IP addresses and networks that are separated by commas."""
    networks: list[IPv4Network | IPv6Network] = []
    for part in filter(None, map(str.strip, text.split(","))):
        try:
            network = ip_network(part)
        except ValueError:
            message = "write IP addresses or networks like 10.0.0.0/8, separated by commas"
            raise ValueError(message) from None
        if network.prefixlen == 0:
            raise ValueError("this would trust everybody: name the proxies alone")
        networks.append(network)
    return tuple(networks)


def checked_key(key: str) -> str:
    """Return an API key that can travel in a header and is not the placeholder of an example."""
    if not all(33 <= ord(char) <= 126 for char in key):
        message = "a key has only letters, digits and signs, no spaces and nothing invisible"
        raise ValueError(message)
    if _PLACEHOLDER.search(key):
        raise ValueError("this is the placeholder of an example; put your own key or nothing")
    return key


def checked_choice(choice: str, names: Sequence[str], nicknames: Mapping[str, str]) -> str:
    """Return one of `names`, however it is written; empty stays empty.

    Args:
        choice: What was set.
        names: What there is.
        nicknames: What else people call one of them, each with its name.
    """
    bare = re.sub(r"[-_\s]", "", choice.lower())
    if not bare or bare in names:
        return bare
    near = get_close_matches(bare, [*names, *nicknames], n=1, cutoff=_MEANT_RATIO)
    guess = f" ({nicknames.get(near[0], near[0])} may be meant)" if near else ""
    raise ValueError(f"must be one of {', '.join(names)}{guess}")


def checked_language(language: str) -> str:
    """Return a BCP 47 tag as it is usually written (`en-US`), or `multi`."""
    if language.lower() == "multi":
        return "multi"
    if not _LANGUAGE.match(language):
        raise ValueError("write the language like en, de or pt-BR, or multi for several")
    first, *rest = language.split("-")
    shapes = {2: str.upper, 4: str.title}
    return "-".join((first.lower(), *(shapes.get(len(part), str)(part) for part in rest)))


def belongs_to_another_program(name: str, value: str) -> bool:
    """Return True for a variable that has the name of a setting of ours, set for another purpose.

    Some shells put the machine's name into `HOST`, conda's compilers their target, and desktops
    the list of their languages into `LANGUAGE`. A name can still be set in `.env`.
    """
    value = unwrapped(value)
    if name == "host":
        return bool(_HOST_NAME.match(value)) and value.lower() not in ("localhost", LAN)
    return name == "language" and (":" in value or "_" in value or value == "C")


def unwrapped(value: str) -> str:
    """Return a value without what may be pasted along: spaces, signs nobody sees, quotes.

    `docker --env-file` passes quotes on, and a comment in the place of a value too.
    """
    value = _trimmed(value)
    if value.startswith("#"):
        return ""
    if len(value) > 1 and value[0] + value[-1] in _QUOTES and value[0] not in value[1:-1]:
        return _trimmed(value[1:-1])
    return value


def env_file_problems(env_file: Path | None, *, known: Sequence[str]) -> list[str]:
    """Return a problem for each name that is nearly one we know, and each line of ours not read.

    Other names are left alone: the file may be shared with other programs.

    Raises:
        OSError, UnicodeDecodeError: the file cannot be read.
    """
    if env_file is None or not env_file.is_file():
        return []
    problems: list[str] = []
    with env_file.open(encoding="utf-8") as text:
        for line in parse_stream(text):
            name = line.key or ""
            near = get_close_matches(name.upper(), known, n=1, cutoff=_MISSPELLED_RATIO)
            if near and near[0] != name.upper():
                problems.append(f"{name}: there is no such setting; {near[0]} is one")
            if line.error and (ours := [one for one in known if one in line.original.string]):
                where = f"line {line.original.line} of {env_file.name}"
                problems.append(f"{max(ours, key=len)}: {where} is not like NAME=value")
    return problems


def _checked_secret(key: SecretStr) -> SecretStr:
    checked_key(key.get_secret_value())
    return key


Key = Annotated[SecretStr, AfterValidator(_checked_secret)]
WebUrl = Annotated[str, AfterValidator(partial(checked_url, schemes=HTTP_SCHEMES))]
SocketUrl = Annotated[
    str, AfterValidator(partial(checked_url, schemes=(*WEBSOCKET_SCHEMES, *HTTP_SCHEMES)))
]
DownloadUrl = Annotated[str, AfterValidator(checked_download_url)]
PublicUrl = Annotated[str, AfterValidator(checked_public_url)]
PublicSocketUrl = Annotated[str, AfterValidator(checked_public_socket)]
PatienceSecs = Annotated[float | None, Field(ge=0.5, le=600.0)]


def _has_good_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _trimmed(value: str) -> str:
    # `str.strip` alone leaves what has no width.
    return value.strip().strip(_WIDTHLESS).strip()

"""The ways of ACCESS, one class each: who comes in, and as whom."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from bot.access.brake import Brake
from bot.access.errors import AccessError
from bot.access.settings import MAX_KEY_CHARS, MAX_PERSON_CHARS
from bot.networks import is_within
from bot.plain_text import is_one_line

PASS_SECS = 30 * 86_400
"""How long a browser that has shown the key need not show it again."""

# Once a start; each guess at a stolen pass costs as much. About 60 ms.
_SCRYPT_COST = 2**14
_SALT = b"parley access pass"


@dataclass(frozen=True, kw_only=True)
class Knock:
    """What a request shows."""

    address: str
    """Whose it is, as proxies that are trusted say."""
    peer: str
    """Where its connection comes from, whatever anybody says; empty if that is not known."""
    bearer: str = ""
    cookie: str = ""
    headers: Sequence[tuple[bytes, bytes]] = ()
    """Names in small letters."""


def _free() -> AbstractAsyncContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, kw_only=True)
class Guest:
    """Somebody who may call."""

    person: str = ""
    """Who that is, as somebody else than themselves says; empty if nobody does."""
    mark: str = ""
    """What the log calls them, which holds no names; empty if there is nothing to tell them by."""
    use: Callable[[], AbstractAsyncContextManager[None]] = _free
    """Wraps a start, which it counts; one that fails is not counted."""


@dataclass(frozen=True, kw_only=True)
class Pass:
    """What a browser keeps so that nobody is asked again."""

    cookie: str
    lasts_secs: int


class Door(Protocol):
    """One way of ACCESS."""

    async def admit(self, knock: Knock) -> Guest:
        """Return who it is.

        Raises:
            AccessError: nobody who may call.
        """
        ...

    async def exchange(self, secret: str, *, address: str) -> Pass:
        """Return a pass for a key, or for an invite.

        Raises:
            AccessError: it is not right.
        """
        ...


class OpenDoor:
    """Anybody may call."""

    async def admit(self, knock: Knock) -> Guest:
        """Let everybody in."""
        return Guest()

    async def exchange(self, secret: str, *, address: str) -> Pass:
        """Give a pass that nobody needs."""
        return Pass(cookie="", lasts_secs=0)


class KeyDoor:
    """Whoever knows the passphrase may call.

    Args:
        key: The passphrase.
        brake: Slows down who guesses.
        clock: Seconds since 1970.
    """

    def __init__(self, *, key: str, brake: Brake, clock: Callable[[], float] = time.time) -> None:
        self._brake = brake
        self._clock = clock
        self._digest = hashlib.sha256(key.encode()).digest()
        # A pass that is stolen must not be a way to try passphrases quickly.
        self._signer = hashlib.scrypt(key.encode(), salt=_SALT, n=_SCRYPT_COST, r=8, p=1)

    async def admit(self, knock: Knock) -> Guest:
        """Take a pass, or the key itself as a bearer."""
        if knock.cookie and self._is_valid(knock.cookie):
            return Guest()
        if not knock.bearer:
            raise AccessError("key_needed", "A key is needed to talk here.")
        await self._check(knock.bearer, knock.address)
        return Guest()

    async def exchange(self, secret: str, *, address: str) -> Pass:
        """Give a pass for the key."""
        await self._check(secret, address)
        until = str(int(self._clock()) + PASS_SECS)
        return Pass(cookie=f"{until}.{self._signature(until)}", lasts_secs=PASS_SECS)

    async def _check(self, key: str, address: str) -> None:
        # Digests have one length, so the time tells nothing about the key's.
        digest = hashlib.sha256(key[: MAX_KEY_CHARS + 1].encode()).digest()
        is_right = hmac.compare_digest(digest, self._digest)
        await self._brake.guess(address, is_right=is_right)
        if not is_right:
            raise AccessError("wrong_key", "This is not the key.")

    def _is_valid(self, cookie: str) -> bool:
        until, _, signature = cookie.partition(".")
        is_ours = hmac.compare_digest(signature.encode(), self._signature(until).encode())
        return is_ours and int(until) > self._clock()

    def _signature(self, until: str) -> str:
        return hmac.digest(self._signer, until.encode(), "sha256").hex()


class ProxyDoor:
    """Whom a proxy in front has signed in may call.

    Args:
        proxies: Addresses and networks it connects from.
        header: Where it writes who that is, in small letters.
    """

    def __init__(self, *, proxies: Sequence[str], header: str) -> None:
        self._proxies = [ipaddress.ip_network(proxy) for proxy in proxies]
        self._header = header.encode()

    async def admit(self, knock: Knock) -> Guest:
        """Believe the header of a listed proxy; of anybody else it says nothing."""
        values = [value for name, value in knock.headers if name == self._header]
        # Two of them: a proxy that passes on what a caller wrote beside its own.
        is_listed = is_within(knock.peer, self._proxies)
        if not is_listed or len(values) != 1 or not (who := person_of(values[0])):
            raise AccessError("sign_in_needed", "Please sign in first.")
        return Guest(person=who)

    async def exchange(self, secret: str, *, address: str) -> Pass:
        """Refuse: there is no key."""
        raise AccessError("sign_in_needed", "Please sign in first.")


def person_of(value: bytes) -> str:
    """Return the name that somebody gives a person, in UTF-8; empty if it is no name."""
    try:
        name = value.decode().strip()
    except UnicodeDecodeError:
        return ""
    return name if is_one_line(name) and len(name) <= MAX_PERSON_CHARS else ""

"""Each way of ACCESS: who comes in."""

from __future__ import annotations

import pytest

from bot.access.brake import Brake
from bot.access.doors import PASS_SECS, Door, KeyDoor, Knock, OpenDoor, ProxyDoor
from bot.access.errors import AccessError

_KEY = "correct horse battery"
_PROXY = "10.0.0.5"


def _key_door(now: list[float], key: str = _KEY) -> KeyDoor:
    return KeyDoor(key=key, brake=Brake(), clock=lambda: now[0])


async def _refusal(door: Door, **shown: object) -> str:
    knock = Knock(**{"address": "192.0.2.1", "peer": "192.0.2.1", **shown})  # pyright: ignore
    with pytest.raises(AccessError) as refused:
        await door.admit(knock)
    return refused.value.code


def _with(door: str, value: bytes = b"Ada") -> tuple[tuple[bytes, bytes], ...]:
    return ((door.encode(), value),)


@pytest.mark.promise("Who may call", "With ACCESS=key nobody starts a call without the key.")
@pytest.mark.parametrize("guess", ["wrong", _KEY[:-1], f"{_KEY} ", _KEY.upper(), "x" * 100_000])
async def test_what_is_not_the_key_is_refused(guess: str) -> None:
    door = _key_door([0.0])
    assert await _refusal(door, bearer=guess) == "wrong_key"
    with pytest.raises(AccessError, match="wrong_key"):
        await door.exchange(guess, address="192.0.2.1")


async def test_nothing_shown_is_a_question_for_the_key_and_no_guess() -> None:
    door = _key_door([0.0])
    for _ in range(50):
        assert await _refusal(door) == "key_needed"
    assert (await door.admit(Knock(address="192.0.2.1", peer="", bearer=_KEY))).person == ""


async def test_a_pass_opens_for_a_month_and_across_restarts() -> None:
    now = [1000.0]
    given = await _key_door(now).exchange(_KEY, address="192.0.2.1")
    assert _KEY not in given.cookie
    restarted = _key_door(now)
    await restarted.admit(Knock(address="a", peer="a", cookie=given.cookie))
    now[0] += PASS_SECS + 1
    assert await _refusal(restarted, cookie=given.cookie) == "key_needed"


async def test_a_new_key_ends_the_passes_of_the_old_one() -> None:
    given = await _key_door([0.0]).exchange(_KEY, address="a")
    assert await _refusal(_key_door([0.0], "another long key"), cookie=given.cookie) == "key_needed"


@pytest.mark.promise("Who may call", "With ACCESS=key nobody starts a call without the key.")
@pytest.mark.parametrize("forge", ["later", "unsigned", "empty", "letters", "strange"])
async def test_a_pass_cannot_be_made_or_made_longer(forge: str) -> None:
    door = _key_door([0.0])
    until, _, signature = (await door.exchange(_KEY, address="a")).cookie.partition(".")
    forged = {
        "later": f"{until}0.{signature}",
        "unsigned": f"{until}.",
        "empty": ".",
        "letters": f"soon.{signature}",
        "strange": f"{until}.é\x00",
    }
    assert await _refusal(door, cookie=forged[forge]) == "key_needed"


async def test_guesses_are_slowed_also_those_in_headers() -> None:
    door = _key_door([0.0])
    codes = [await _refusal(door, bearer="wrong guess") for _ in range(8)]
    assert codes == ["wrong_key"] * 5 + ["access_slowed"] * 3
    # Not even the right one is looked at: the time would tell.
    assert await _refusal(door, bearer=_KEY) == "access_slowed"
    await door.admit(Knock(address="198.51.100.9", peer="", bearer=_KEY))


@pytest.mark.promise("Who may call", "With ACCESS=proxy only a listed proxy says who somebody is.")
@pytest.mark.parametrize("peer", ["192.0.2.1", "", "unknown", "10.0.0.50", "::1", "127.0.0.1"])
async def test_the_header_of_anybody_else_says_nothing(peer: str) -> None:
    door = ProxyDoor(proxies=[_PROXY], header="remote-user")
    # What a trusted forwarder says of its visitor makes nobody a proxy.
    headers = _with("remote-user")
    assert await _refusal(door, peer=peer, address=_PROXY, headers=headers) == "sign_in_needed"


@pytest.mark.promise("Who may call", "With ACCESS=proxy only a listed proxy says who somebody is.")
@pytest.mark.parametrize(
    "headers",
    [
        (),
        _with("remote-user", b""),
        _with("remote-user", b"  "),
        _with("remote-user", b"a" * 65),
        _with("remote-user", b"Ada\x01"),
        _with("remote-user", b"\xff\xfe"),
        _with("remote-user") + _with("remote-user", b"Eve"),
        _with("x-remote-user"),
    ],
)
async def test_a_proxy_that_names_nobody_lets_nobody_in(
    headers: tuple[tuple[bytes, bytes], ...],
) -> None:
    door = ProxyDoor(proxies=[_PROXY], header="remote-user")
    assert await _refusal(door, peer=_PROXY, headers=headers) == "sign_in_needed"


@pytest.mark.parametrize("peer", [_PROXY, f"::ffff:{_PROXY}", "10.9.1.2", "fd00::7"])
async def test_the_proxy_names_the_person(peer: str) -> None:
    door = ProxyDoor(proxies=[_PROXY, "10.9.0.0/16", "fd00::/64"], header="remote-user")
    name = "Ada Łovelace"
    knock = Knock(address="192.0.2.1", peer=peer, headers=_with("remote-user", name.encode()))
    assert (await door.admit(knock)).person == name


async def test_behind_a_proxy_no_key_helps() -> None:
    door = ProxyDoor(proxies=[_PROXY], header="remote-user")
    with pytest.raises(AccessError, match="sign_in_needed"):
        await door.exchange("Ada", address=_PROXY)


async def test_an_open_door_admits_anybody() -> None:
    assert (await OpenDoor().admit(Knock(address="a", peer="a"))).person == ""
    assert (await OpenDoor().exchange("x", address="a")).cookie == ""

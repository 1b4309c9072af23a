"""What may be set about who may call, and when the start is refused."""

from __future__ import annotations

import pytest

from bot.access.settings import has_strangers
from bot.errors import SettingsError
from bot.proxies import is_loopback
from bot.settings import Settings, load_settings

_KEY = "correct horse battery"


def _load(monkeypatch: pytest.MonkeyPatch, **given: str) -> Settings:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return load_settings(None)


@pytest.mark.promise(
    "Who may call",
    "On any address but this machine's own, nobody comes in by accident: it is invites, or what "
    "ACCESS says.",
)
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "2001:db8::1", "lan", "LAN"])
def test_others_in_the_network_need_an_invite(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr("bot.lan.addresses.own_addresses", lambda: ["192.168.1.20"])
    settings = _load(monkeypatch, HOST=host)
    assert (settings.access, settings.serves_tls) == ("invite", True)


@pytest.mark.promise(
    "Who may call",
    "On any address but this machine's own, nobody comes in by accident: it is invites, or what "
    "ACCESS says.",
)
@pytest.mark.parametrize(
    "given",
    [
        {"PUBLIC_URL": "https://voice.example"},
        {"PUBLIC_URL": "https://voice.example", "HOST": "0.0.0.0"},
        {"PUBLIC_URL": "https://voice.example", "HOST": "10.0.0.7"},
    ],
)
def test_an_open_house_is_no_accident(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    with pytest.raises(SettingsError) as refused:
        _load(monkeypatch, **given)
    assert refused.value.message.startswith("ACCESS: is needed because PUBLIC_URL lets others call")
    assert all(way in refused.value.message for way in ("key", "invite", "proxy", "open"))


@pytest.mark.parametrize("way", ["open", "Open", "key", "invite", "proxy"])
def test_a_way_that_is_written_out_is_enough(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    given = {"ACCESS": way, "ACCESS_KEY": _KEY, "ACCESS_PROXIES": "10.0.0.5"}
    assert _load(monkeypatch, HOST="0.0.0.0", **given).access == way.lower()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_this_machine_needs_no_door(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert _load(monkeypatch, HOST=host).access == ""


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"ACCESS": "key"}, "ACCESS_KEY: is needed because ACCESS is key"),
        ({"ACCESS": "proxy"}, "ACCESS_PROXIES: is needed because ACCESS is proxy"),
        ({"ACCESS": "password"}, "ACCESS: "),
        ({"ACCESS_KEY": "short"}, "ACCESS_KEY: must have 12"),
        ({"ACCESS_KEY": "a" * 257}, "ACCESS_KEY: must have 12"),
        ({"ACCESS_KEY": "geheimes wörtchen"}, "ACCESS_KEY: may hold letters without accents"),
        ({"ACCESS_PROXIES": "proxy.lan"}, "ACCESS_PROXIES: write addresses"),
        ({"ACCESS_PROXIES": "10.0.0.1/8"}, "ACCESS_PROXIES: write addresses"),
        ({"ACCESS_HEADER": "Remote User"}, "ACCESS_HEADER: this is not the name"),
    ],
)
def test_what_cannot_work_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], problem: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        _load(monkeypatch, **given)
    assert refused.value.message.startswith(problem)
    assert given.get("ACCESS_KEY", "nothing") not in refused.value.message


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.0.0.1", "127.evil.example", "a-name"])
def test_what_is_no_address_of_this_machine_alone(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("given", "livekit_url", "exposed"),
    [
        ({}, "", False),
        ({}, "ws://127.0.0.1:7880", False),
        ({}, "wss://voice.example.com", True),
        ({"access": "open"}, "", True),
        ({"access": "invite"}, "", True),
        ({"host": "0.0.0.0", "access": "open"}, "", True),
    ],
)
def test_strangers_may_come_wherever_somebody_else_can_reach_it(
    given: dict[str, str], livekit_url: str, exposed: bool
) -> None:
    settings = Settings.model_validate(given)
    is_exposed = settings.is_exposed
    assert has_strangers(settings, is_exposed=is_exposed, livekit_url=livekit_url) is exposed

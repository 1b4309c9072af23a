"""When the runner itself speaks TLS."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.lan.settings import TlsSettings, resolved_host, serves_tls
from bot.settings import load_settings

_NONE = TlsSettings.model_construct()
_OWN = TlsSettings.model_construct(tls_cert=Path("a.pem"), tls_key=Path("b.pem"))


@pytest.mark.parametrize(
    ("settings", "host", "public_url", "is_tls"),
    [
        (_NONE, "127.0.0.1", "", False),
        (_NONE, "::1", "", False),
        (_NONE, "192.168.1.20", "", True),
        (_NONE, "0.0.0.0", "", True),
        # A proxy does it.
        (_NONE, "0.0.0.0", "https://voice.example", False),
        (_OWN, "0.0.0.0", "https://voice.example", True),
        (_OWN, "127.0.0.1", "", True),
    ],
)
def test_it_does_where_no_proxy_does(
    settings: TlsSettings, host: str, public_url: str, is_tls: bool
) -> None:
    assert serves_tls(settings, host=host, public_url=public_url) is is_tls


@pytest.mark.parametrize("name", ["TLS_CERT", "TLS_KEY"])
def test_half_a_pair_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    (tmp_path / "half.pem").write_text("")
    monkeypatch.setenv(name, str(tmp_path / "half.pem"))
    with pytest.raises(SettingsError) as refused:
        load_settings(None)
    other = {"TLS_CERT": "TLS_KEY", "TLS_KEY": "TLS_CERT"}[name]
    assert refused.value.message == f"{other}: is needed because {name} is set"


def test_an_address_without_tls_does_not_go_with_a_certificate(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "own.pem").write_text("")
    for name in ("TLS_CERT", "TLS_KEY"):
        monkeypatch.setenv(name, str(tmp_path / "own.pem"))
    monkeypatch.setenv("ACCESS", "open")
    monkeypatch.setenv("PUBLIC_URL", "http://box.local:7860")
    with pytest.raises(SettingsError, match="PUBLIC_URL: must start with https:// because"):
        load_settings(None)
    monkeypatch.setenv("PUBLIC_URL", "https://box.local:7860")
    assert load_settings(None).serves_tls


@pytest.mark.parametrize("host", ["lan", "Lan"])
def test_lan_is_the_likeliest_address(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr("bot.lan.addresses.own_addresses", lambda: ["10.1.2.3", "10.9.9.9"])
    assert resolved_host(host) == "10.1.2.3"
    assert resolved_host("10.9.9.9") == "10.9.9.9"


def test_lan_without_a_network_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.lan.addresses.own_addresses", list[str])
    monkeypatch.setenv("HOST", "lan")
    with pytest.raises(SettingsError) as refused:
        load_settings(None)
    assert (
        refused.value.message
        == "HOST: this machine has no IPv4 address in a network: is it connected?"
    )

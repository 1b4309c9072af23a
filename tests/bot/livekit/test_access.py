from __future__ import annotations

import pytest
from pydantic import SecretStr

from bot.livekit.access import LiveKitAccess


def _access(url: str, *, public_url: str = "") -> LiveKitAccess:
    secret = SecretStr("secret")
    return LiveKitAccess(url=url, api_key="key", api_secret=secret, public_url=public_url)


@pytest.mark.parametrize(
    ("url", "socket_url"),
    [
        ("http://a:1", "ws://a:1"),
        ("https://a/b", "wss://a/b"),
        ("ws://a", "ws://a"),
        ("wss://a", "wss://a"),
    ],
)
def test_clients_get_the_address_of_a_websocket(url: str, socket_url: str) -> None:
    assert _access(url).websocket_url == socket_url


def test_nodes_that_callers_find_by_one_name_are_one_livekit() -> None:
    def mark(url: str, public_url: str) -> bytes:
        return _access(url, public_url=public_url).mark("agent", key=b"key")

    assert mark("ws://a", "wss://voice") == mark("ws://b", "wss://voice")
    assert mark("ws://a", "") != mark("ws://b", "")
    assert mark("http://a", "") == mark("ws://a/", "")

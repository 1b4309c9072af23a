from __future__ import annotations

import json
import socket
from typing import Any

from bot.livekit.config import LiveKitPorts, build_livekit_config


def _config(webhook_url: str | None = None) -> dict[str, Any]:
    ports = LiveKitPorts(http=1, media_udp=2)
    return json.loads(
        build_livekit_config(ports=ports, api_key="k", api_secret="s", webhook_url=webhook_url)
    )


def test_everything_is_on_loopback() -> None:
    config = _config()
    assert config["bind_addresses"] == ["127.0.0.1"]
    assert config["rtc"]["node_ip"] == "127.0.0.1"
    assert config["rtc"]["ips"] == {"includes": ["127.0.0.1/32"]}
    assert config["rtc"]["tcp_port"] == 0


def test_room_events_go_to_the_webhook_signed_with_the_key() -> None:
    assert _config("http://127.0.0.1:3/hook")["webhook"] == {
        "api_key": "k",
        "urls": ["http://127.0.0.1:3/hook"],
    }
    assert "webhook" not in _config()


def test_a_free_port_is_kept() -> None:
    first = LiveKitPorts(http=0, media_udp=0).or_free_ones()
    assert first.http > 0
    assert first.media_udp > 0
    assert first.or_free_ones() == first


def test_a_taken_port_is_replaced() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        udp.bind(("127.0.0.1", 0))
        taken = LiveKitPorts(http=tcp.getsockname()[1], media_udp=udp.getsockname()[1])
        free = taken.or_free_ones()
    assert free.http not in (0, taken.http)
    assert free.media_udp not in (0, taken.media_udp)


def test_a_port_taken_on_every_address_is_replaced_too() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
        tcp.bind(("0.0.0.0", 0))
        tcp.listen()
        taken = tcp.getsockname()[1]
        assert LiveKitPorts(http=taken, media_udp=0).or_free_ones().http != taken

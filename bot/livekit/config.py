"""The configuration of a LiveKit server whose signalling is for this machine alone."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass, replace

# A room nobody entered, and one that its last caller left, if we have not made it: as long as a
# session waits for its caller by default, and a little more. Ours say it themselves.
_EMPTY_TIMEOUT_SECS = 30
_DEPARTURE_TIMEOUT_SECS = 75

_LOOPBACK = "127.0.0.1"
_EVERY_INTERFACE = "0.0.0.0"


@dataclass(frozen=True, kw_only=True)
class LiveKitPorts:
    """The ports of a local LiveKit server: HTTP and WebSocket, and media."""

    http: int = 7880
    media_udp: int = 7882
    media_tcp: int = 7881
    """For networks that let no UDP through; unused on loopback, which loses none."""
    address: str = _LOOPBACK
    """Where media comes."""

    @property
    def is_on_loopback(self) -> bool:
        """Whether nobody else reaches the media."""
        return self.address == _LOOPBACK

    def or_free_ones(self) -> LiveKitPorts:
        """Return these ports, each replaced by a free one if it is taken or 0."""
        return replace(
            self,
            http=_free_port(self.http, socket.SOCK_STREAM, _LOOPBACK),
            media_udp=_free_port(self.media_udp, socket.SOCK_DGRAM, self.address),
            media_tcp=(
                self.media_tcp
                if self.is_on_loopback
                else _free_port(self.media_tcp, socket.SOCK_STREAM, _EVERY_INTERFACE)
            ),
        )

    def all_others(self) -> LiveKitPorts:
        """Ask for any ports at the same place."""
        return replace(self, http=0, media_udp=0, media_tcp=0)


def build_livekit_config(
    *, ports: LiveKitPorts, api_key: str, api_secret: str, webhook_url: str | None
) -> bytes:
    """Return the server's configuration file (JSON, which is YAML)."""
    config: dict[str, object] = {
        "port": ports.http,
        "bind_addresses": [_LOOPBACK],
        "keys": {api_key: api_secret},
        "rtc": {
            "udp_port": ports.media_udp,
            # Media over TCP is open on every interface: LiveKit has no setting for it.
            "tcp_port": 0 if ports.is_on_loopback else ports.media_tcp,
            "use_external_ip": False,
            # A fixed address also keeps the server from asking public STUN servers.
            "node_ip": ports.address,
            "enable_loopback_candidate": ports.is_on_loopback,
            "ips": {"includes": [f"{ports.address}/32"]},
        },
        "room": {
            "auto_create": True,
            "empty_timeout": _EMPTY_TIMEOUT_SECS,
            "departure_timeout": _DEPARTURE_TIMEOUT_SECS,
        },
        "logging": {"level": "info", "json": True},
    }
    if webhook_url:
        config["webhook"] = {"api_key": api_key, "urls": [webhook_url]}
    return json.dumps(config).encode()


def _free_port(wanted: int, kind: socket.SocketKind, address: str) -> int:
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                # As the server itself does: a port in TIME_WAIT is free.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no free port on {address}")

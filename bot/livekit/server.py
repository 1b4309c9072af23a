"""A LiveKit server of our own on this machine, for when `LIVEKIT_URL` is not set.

Finds or installs the program (bot/livekit/install.py), gives it a fresh secret, keeps it running
and stops it. The secret goes to the server through a pipe: no file or process list shows it.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import cast

import httpx
from loguru import logger
from pydantic import SecretStr

from bot.errors import LaunchError
from bot.livekit.config import LiveKitPorts, build_livekit_config
from bot.livekit.install import find_or_install
from bot.loopback import loopback_client
from bot.processes.child_process import ChildCommand, ChildProcess, Limits
from bot.settings import Settings

__all__ = ["LiveKitServer", "find_or_install", "open_livekit_server"]

# LiveKit asks for at least 32 characters; in hex these are 64.
_SECRET_BYTES = 32
_HEALTH_LIMIT_SECS = 2.0
# Between the look for a free port and the server's bind somebody else may take it.
_START_TRIES = 3
# Fields of the server's log lines that name things, not people.
_LOGGED_FIELDS = ("room", "participant", "pID", "error", "reason")


class LiveKitServer:
    """One running LiveKit server, which answers on loopback; `open_livekit_server` owns it."""

    def __init__(
        self, *, binary: Path, ports: LiveKitPorts, webhook_url: str | None, limits: Limits
    ) -> None:
        self.api_key = f"API{secrets.token_hex(6)}"
        self.api_secret = SecretStr(secrets.token_hex(_SECRET_BYTES))
        self.ports = ports
        config = build_livekit_config(
            ports=ports,
            api_key=self.api_key,
            api_secret=self.api_secret.get_secret_value(),
            webhook_url=webhook_url,
        )
        self._process = ChildProcess(
            command=ChildCommand(
                name="LiveKit server",
                arguments=(str(binary), "--config", "/dev/stdin"),
                standard_input=config,
                # Nothing of ours: LIVEKIT_KEYS and the like would change the server.
                environment={"PATH": os.defpath},
                # One asks it to drain, which waits for callers; a second one stops it at once.
                stop_signals=(signal.SIGTERM, signal.SIGINT),
            ),
            is_ready=self.is_healthy,
            on_line=log_server_line,
            limits=limits,
        )

    @property
    def url(self) -> str:
        """Address for clients and for the API."""
        return f"ws://127.0.0.1:{self.ports.http}"

    @property
    def pid(self) -> int | None:
        """Process id while the server runs."""
        return self._process.pid

    async def is_healthy(self) -> bool:
        """Tell whether this very server answers: its health check and a call with its own keys."""
        base = f"http://127.0.0.1:{self.ports.http}"
        try:
            async with loopback_client(limit_secs=_HEALTH_LIMIT_SECS) as http:
                health = await http.get(f"{base}/")
                rooms = await http.post(
                    f"{base}/twirp/livekit.RoomService/ListRooms",
                    headers={"Authorization": f"Bearer {self._list_token()}"},
                    json={},
                )
        except httpx.HTTPError:
            return False
        return health.is_success and rooms.is_success

    async def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            LaunchError: code "child_ended" or "child_not_ready".
        """
        await self._process.start()

    async def close(self) -> None:
        """Stop the server; safe to call twice."""
        await self._process.close()

    def _list_token(self) -> str:
        # Here, as the program that is asked starts meanwhile.
        from livekit.api import AccessToken, VideoGrants

        token = AccessToken(self.api_key, self.api_secret.get_secret_value())
        grants = VideoGrants(room_list=True)
        return token.with_grants(grants).with_ttl(timedelta(minutes=1)).to_jwt()


@asynccontextmanager
async def open_livekit_server(
    settings: Settings,
    *,
    webhook_url: str | None = None,
    ports: LiveKitPorts | None = None,
    limits: Limits | None = None,
) -> AsyncGenerator[LiveKitServer]:
    """Run a LiveKit server on this machine while the block runs.

    Args:
        settings: Where to download the server from, if it is not here.
        webhook_url: Gets LiveKit's signed room events.
        ports: Wanted ports; a taken one is replaced by a free one, which is logged.
        limits: How long to wait for starts, restarts and the stop.

    Raises:
        LaunchError: code "no_livekit_server" if there is none to be had, "child_ended" or
            "child_not_ready" if it does not start.
    """
    binary = await find_or_install(settings)
    wanted = ports or LiveKitPorts()
    server = await _start(binary, wanted, webhook_url, limits or Limits())
    try:
        yield server
    finally:
        await server.close()


async def _start(
    binary: Path, wanted: LiveKitPorts, webhook_url: str | None, limits: Limits
) -> LiveKitServer:
    asked, tries_left = wanted, _START_TRIES
    while True:
        ports = asked.or_free_ones()
        server = LiveKitServer(binary=binary, ports=ports, webhook_url=webhook_url, limits=limits)
        try:
            await server.start()
        except LaunchError as error:
            tries_left -= 1
            if error.code != "child_ended" or not tries_left:
                raise
            asked = asked.all_others()
            continue
        _log_ports(wanted, ports)
        return server


def _log_ports(wanted: LiveKitPorts, got: LiveKitPorts) -> None:
    logger.info("LiveKit server on port {}, media on UDP port {}", got.http, got.media_udp)
    if wanted.http not in (0, got.http):
        logger.warning("Port {} was taken, so LiveKit uses {}", wanted.http, got.http)
    if wanted.media_udp not in (0, got.media_udp):
        logger.warning("UDP port {} was taken, so it uses {}", wanted.media_udp, got.media_udp)
    if wanted.media_tcp not in (0, got.media_tcp):
        logger.warning(
            "Port {} was taken, so sound by TCP uses {}", wanted.media_tcp, got.media_tcp
        )


def log_server_line(line: str) -> None:
    """Send one line of the server's own log to ours; its daily talk is our DEBUG.

    A line that is no JSON is the last word of a server that could not start or crashed.
    """
    try:
        parsed: object = json.loads(line)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        logger.warning("LiveKit: {}", line)
        return
    entry = cast("dict[str, object]", parsed)
    level = {"warn": "WARNING", "error": "ERROR"}.get(str(entry.get("level")), "DEBUG")
    fields = " ".join(f"{name}={entry[name]}" for name in _LOGGED_FIELDS if name in entry)
    logger.log(level, "LiveKit: {} {}", entry.get("msg", ""), fields)

"""The processes beside the runner, and what they are told: local providers and the worker.

The LiveKit server has its own file, bot/livekit/server.py. Derived settings reach a child through
its environment, under the names of bot/settings.py.
"""

from __future__ import annotations

import ipaddress
import secrets
import socket
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from bot.errors import LaunchError
from bot.livekit.access import LiveKitAccess
from bot.processes.child_process import ChildCommand
from bot.processes.part import Part
from bot.settings import (
    NO_SECRET,
    PROJECT_ROOT,
    Settings,
    bare_environment,
    child_environment,
)
from bot.stages.stage import Stage
from bot.stages.table import language_problem, stages_of
from bot.worker.fork_place import ForkPlace
from bot.worker.worker import REGISTERED_LINE

_LOOPBACK = "127.0.0.1"
_KEY_BYTES = 24
_PROVIDERS_READY_LINE = "The local providers are ready."
"""As bot/local/__main__.py says it, which knows nothing of this file."""


def local_parts(settings: Settings) -> list[str]:
    """Return which local providers are to be started, as options of `bot.local`."""
    kinds = [stage.kind.name for stage in stages_of(settings).in_use() if _is_to_start(stage)]
    return [f"--{kind}" for kind in kinds]


@dataclass(frozen=True, kw_only=True)
class LocalPlace:
    """Where local providers are reached, and by whom."""

    listener: socket.socket
    """Bound here and handed over: no other program can take its place, also between two starts."""
    key: str
    """Known to this start's own processes alone."""

    @property
    def url(self) -> str:
        return f"http://{_LOOPBACK}:{self.listener.getsockname()[1]}"


@contextmanager
def open_local_place() -> Generator[LocalPlace]:
    """Keep a place while the block runs."""
    with socket.socket() as listener:
        listener.bind((_LOOPBACK, 0))
        yield LocalPlace(listener=listener, key=secrets.token_urlsafe(_KEY_BYTES))


def local_settings(settings: Settings, place: LocalPlace | None) -> dict[str, str]:
    """Return the settings that lead a worker to the local providers, and what they ask of it."""
    changes = dict[str, str]()
    if place is not None and local_parts(settings):
        changes["LOCAL_BASE_URL"] = place.url
        changes["LOCAL_API_KEY"] = place.key
    if language_problem(settings):
        # It would refuse every call; the log has said so.
        changes["LANGUAGE"] = "en"
    return changes


def unused_keys(settings: Settings) -> dict[str, str]:
    """Return the settings that take from a worker, and its bots, the keys that they do not use."""
    stages = stages_of(settings).in_use()
    used = {one.key for stage in stages for one in (stage, stage.fallback) if one is not None}
    keys = {name for name, value in settings if isinstance(value, SecretStr) and value not in used}
    # Bots write down what is said where the runner reads it.
    needed = {"livekit_api_secret", *(["database_url"] if settings.store else [])}
    changes = {name.upper(): "" for name in keys - needed}
    # Who may call is the runner's affair; that others may is the bots' too.
    return {**changes, "ACCESS": "open"} if settings.access else changes


def fixed_host(settings: Settings) -> dict[str, str]:
    """Return what HOST=lan stood for: it may mean another address when a worker starts anew."""
    try:
        return {"HOST": str(ipaddress.ip_address(settings.host))}
    except ValueError:
        return {}


def _is_to_start(stage: Stage) -> bool:
    return stage.is_local and not stage.address


def build_local_providers(
    settings: Settings, *, place: LocalPlace, on_line: Callable[[str], None]
) -> Part:
    """Return the local provider server with the parts that are needed."""
    log_level = "DEBUG" if settings.log_level == "TRACE" else settings.log_level
    logs = ["--log-level", log_level, "--log-format", settings.log_format]
    options = ["--socket", str(place.listener.fileno()), "--key-on-stdin", *logs]
    return Part(
        command=ChildCommand(
            name="local providers",
            arguments=(sys.executable, "-m", "bot.local", *options, *local_parts(settings)),
            # In no list of processes.
            standard_input=f"{place.key}\n".encode(),
            # It asks nobody outside, so it gets the keys of none.
            environment=bare_environment({"PYTHONPATH": str(PROJECT_ROOT)}),
            inherited_descriptors=(place.listener.fileno(),),
        ),
        health_url=f"{place.url}/health",
        on_line=on_line,
        ready_line=_PROVIDERS_READY_LINE,
    )


def bot_environment(livekit: LiveKitAccess, changes: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a worker's bots: the worker's own, without LiveKit's secret."""
    return _worker_environment(livekit, {**changes, "LIVEKIT_API_SECRET": NO_SECRET})


def _worker_environment(livekit: LiveKitAccess, changes: Mapping[str, str]) -> dict[str, str]:
    given = {
        # Modules are found from any folder the runner was started in.
        "PYTHONPATH": str(PROJECT_ROOT),
        "LIVEKIT_URL": livekit.websocket_url,
        "LIVEKIT_API_KEY": livekit.api_key,
        "LIVEKIT_API_SECRET": livekit.api_secret.get_secret_value(),
    }
    return child_environment({**given, **changes})


def build_worker(
    *,
    livekit: LiveKitAccess,
    changes: Mapping[str, str],
    port: int,
    on_line: Callable[[str], None],
    fork_place: ForkPlace | None = None,
) -> Part:
    """Return the worker.

    Args:
        livekit: Where it registers.
        changes: Settings that lead to local providers, and keep from it what it does not need.
        port: Its health port.
        on_line: Gets its log lines, and those of its bots.
        fork_place: Where it has its bots forked; None: it sees to that.
    """
    forks = ("--fork-server", fork_place.told) if fork_place else ()
    return Part(
        command=ChildCommand(
            name="worker",
            arguments=(sys.executable, str(PROJECT_ROOT / "runner.py"), "worker", *forks),
            environment=_worker_environment(livekit, {"WORKER_PORT": str(port), **changes}),
            inherited_descriptors=fork_place.descriptors if fork_place else (),
        ),
        health_url=f"http://{_LOOPBACK}:{port}/",
        on_line=on_line,
        ready_line=REGISTERED_LINE,
    )


def pass_on(line: str) -> None:
    """Show a child's log line as it is: it has its own time, level and session."""
    sys.stderr.write(f"{line}\n")


def free_port(wanted: int = 0, *, setting: str = "") -> int:
    """Return a free loopback port.

    Args:
        wanted: 0 takes any.
        setting: Where `wanted` came from.

    Raises:
        LaunchError: code "port_taken".
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, wanted))
        except OSError as error:
            message = f"port {wanted} is taken: set {setting} to another one, or to 0"
            raise LaunchError("port_taken", message) from error
        return int(probe.getsockname()[1])

"""Starts and supervises the processes beside the runner: local providers and the worker.

The LiveKit server has its own file, bot/livekit/server.py. Derived settings reach a child through
its environment, under the names of bot/settings.py.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx

from bot.call.worker import REGISTERED_LINE
from bot.errors import LaunchError
from bot.http.backend import LiveKitAccess
from bot.loopback import loopback_client
from bot.processes.child_process import ChildCommand, ChildProcess, Limits
from bot.settings import PROJECT_ROOT, Settings, child_environment
from bot.stages.stage import Stage
from bot.stages.table import language_problem, stages_of

# Importing Pipecat and loading the models takes up to 10 s on two busy cores, without a file cache
# several times that.
_READY_LIMIT_SECS = 90.0
_PROBE_LIMIT_SECS = 2.0
_LOOPBACK = "127.0.0.1"


class Part:
    """One supervised process that answers HTTP on loopback.

    Args:
        command: What to run.
        health_url: Answers 200 while it is well.
        on_line: Gets its log lines.
        ready_line: What it says once it is ready; empty if its health says that.
    """

    def __init__(
        self,
        *,
        command: ChildCommand,
        health_url: str,
        on_line: Callable[[str], None],
        ready_line: str = "",
    ) -> None:
        self._health_url = health_url
        self._on_line = on_line
        self._ready_line = ready_line
        self._ready_pid: int | None = None
        self.process = ChildProcess(
            command=command,
            is_ready=self.is_healthy,
            on_line=self._take_line,
            limits=Limits(ready_secs=_READY_LIMIT_SECS),
        )

    async def is_healthy(self) -> bool:
        """Tell whether it is ready and answers."""
        if self._ready_line and self._ready_pid != self.process.pid:
            return False
        try:
            async with loopback_client(limit_secs=_PROBE_LIMIT_SECS) as http:
                answer = await http.get(self._health_url)
        except httpx.HTTPError:
            return False
        return answer.is_success

    def _take_line(self, line: str) -> None:
        if line == self._ready_line:
            self._ready_pid = self.process.pid
        else:
            self._on_line(line)


@asynccontextmanager
async def open_part(part: Part) -> AsyncGenerator[Part]:
    """Keep a part running while the block runs.

    Raises:
        LaunchError: it does not start.
    """
    await part.process.start()
    try:
        yield part
    finally:
        await part.process.close()


def local_parts(settings: Settings) -> list[str]:
    """Return which local providers are to be started, as options of `bot.local`."""
    kinds = [stage.kind.name for stage in stages_of(settings).in_use() if _is_to_start(stage)]
    return [f"--{kind}" for kind in kinds]


def local_settings(settings: Settings, port: int) -> dict[str, str]:
    """Return the settings that lead a worker to the local providers, and what they ask of it."""
    changes = dict[str, str]()
    if local_parts(settings):
        changes["LOCAL_BASE_URL"] = f"http://{_LOOPBACK}:{port}"
    if language_problem(settings):
        # It would refuse every call; the log has said so.
        changes["LANGUAGE"] = "en"
    return changes


def _is_to_start(stage: Stage) -> bool:
    return stage.is_local and not stage.address


def build_local_providers(settings: Settings, *, port: int, on_line: Callable[[str], None]) -> Part:
    """Return the local provider server with the parts that are needed."""
    log_level = "DEBUG" if settings.log_level == "TRACE" else settings.log_level
    logs = ["--log-level", log_level, "--log-format", settings.log_format]
    options = ["--port", str(port), *logs, *local_parts(settings)]
    return Part(
        command=_python_command("local providers", ["-m", "bot.local", *options], {}),
        health_url=f"http://{_LOOPBACK}:{port}/health",
        on_line=on_line,
    )


def build_worker(
    *,
    livekit: LiveKitAccess,
    local: Mapping[str, str],
    port: int,
    on_line: Callable[[str], None],
) -> Part:
    """Return the worker.

    Args:
        livekit: Where it registers.
        local: Settings that lead to local providers.
        port: Its health port.
        on_line: Gets its log lines, and those of its bots.
    """
    changes = {
        "LIVEKIT_URL": livekit.websocket_url,
        "LIVEKIT_API_KEY": livekit.api_key,
        "LIVEKIT_API_SECRET": livekit.api_secret.get_secret_value(),
        "WORKER_PORT": str(port),
        **local,
    }
    return Part(
        command=_python_command("worker", [str(PROJECT_ROOT / "runner.py"), "worker"], changes),
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


def _python_command(
    name: str, arguments: Sequence[str], changes: Mapping[str, str]
) -> ChildCommand:
    return ChildCommand(
        name=name,
        arguments=(sys.executable, *arguments),
        # Modules are found from any folder the runner was started in.
        environment=child_environment({"PYTHONPATH": str(PROJECT_ROOT), **changes}),
    )

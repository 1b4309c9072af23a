"""For every test: no settings from outside, a real LiveKit server, nothing left behind."""

from __future__ import annotations

import asyncio
import atexit
import gc
import inspect
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest
from anyio.from_thread import start_blocking_portal
from pipecat.tests.utils import run_test
from xdist.remote import Producer
from xdist.workermanage import WorkerController

from bot.livekit.config import LiveKitPorts
from bot.livekit.server import LiveKitServer, open_livekit_server
from bot.settings import Settings, load_settings
from tests.held_again import HeldAgain
from tests.late_connections import close_late_connections
from tests.local_providers import LocalProviders, open_local_providers
from tests.side_by_side import GivesWay, SideBySide, is_call, place_in_order

# ONNX Runtime reports its use to its maker unless told before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# By default a pipeline has a second to start, and is left running if it takes longer: a machine may
# stand still for as long.
run_test.__kwdefaults__ = {**(run_test.__kwdefaults__ or {}), "start_timeout": 30.0}

ARTEFACTS_DIR = Path(__file__).parent / "artefacts"

_TASK_END_SECS = 1.0
_PROCESS_END_SECS = 3.0
_NOT_THE_TESTS = {"PYTEST_CURRENT_TEST", "GRPC_ENABLE_FORK_SUPPORT"}
"""Variables that pytest sets, and Pipecat where its Google service is first imported."""

_exit_codes: list[int] = []
_left_behind: list[str] = []
_gives_way = GivesWay()

# Leaks fail the test they show up in.
_STRICT_WARNINGS = (
    "error::ResourceWarning",
    "error:coroutine .* was never awaited:RuntimeWarning",
    "error::pytest.PytestUnraisableExceptionWarning",
    "error::pytest.PytestUnhandledThreadExceptionWarning",
)


def pytest_configure(config: pytest.Config) -> None:
    """Blank every setting, also for child processes: a blank in the environment beats `.env`."""
    # Registered first, so it runs after every other end.
    atexit.register(_leave)
    for name in Settings.model_fields:
        os.environ[name.upper()] = ""
    # Nor does a test hear what another one has kept, unless that is its purpose.
    os.environ["SPEECH_SHELF_MB"] = "0"
    Settings.model_fields["speech_shelf_mb"].default = 0
    Settings.model_rebuild(force=True)
    # What one run keeps is not the installation's, nor another run's.
    data_dir = tempfile.mkdtemp(prefix="parley-data-")
    atexit.register(shutil.rmtree, data_dir, ignore_errors=True)
    os.environ["DATA_DIR"] = data_dir
    # Tests reach nothing but this machine.
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    for warning in _STRICT_WARNINGS:
        config.addinivalue_line("filterwarnings", warning)
    config.pluginmanager.register(HeldAgain(is_call))
    close_late_connections()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> SideBySide:
    """Say which tests run beside which."""
    return SideBySide(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every async test the leak check, first in and so last out."""
    items.sort(key=place_in_order)
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            item.fixturenames.insert(0, no_leaked_tasks.__name__)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Go on at the pace that the test may have beside others."""
    if hasattr(item.config, "workerinput"):
        _gives_way.begin(item)


def pytest_collection_finish() -> None:
    """Let the garbage collector leave the tests alone.

    A look through all of them takes half a second, in which no caller and no bot of this process
    hears or says anything.
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run when a child process is left."""
    _, alive = psutil.wait_procs(psutil.Process().children(recursive=True), _PROCESS_END_SECS)
    _left_behind.extend(f"{process.pid} {_command_line(process)}" for process in alive)
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        # What a worker of `-n` prints is lost.
        told["left_behind"] = _left_behind
    elif _left_behind:
        print(f"\nprocesses left behind: {', '.join(_left_behind)}")  # noqa: T201 - a report
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    _exit_codes.append(int(session.exitstatus))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController) -> None:
    """Take what a worker has found out."""
    _left_behind.extend(getattr(node, "workeroutput", {}).get("left_behind", ()))


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The settings of a machine on which nothing is set."""
    return load_settings()


@pytest.fixture(scope="session")
def livekit_server(settings: Settings) -> Iterator[LiveKitServer]:
    """A real LiveKit server on free ports, one for each worker of a run, in a thread of its own."""
    server = open_livekit_server(settings, ports=LiveKitPorts(http=0, media_udp=0))
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(server) as opened:
        yield opened


@pytest.fixture(scope="session")
def local_providers() -> Iterator[LocalProviders]:
    """The local provider server, all parts, one for each worker of a run."""
    with open_local_providers() as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_changed_environment() -> Iterator[None]:
    """Fail a test that leaves a variable behind, in which another test's processes would be run."""
    before = dict(os.environ)
    yield
    changed = {name for name, _ in before.items() ^ os.environ.items()} - _NOT_THE_TESTS
    if changed:
        os.environ.clear()
        os.environ.update(before)
        pytest.fail(f"left changed in the environment: {', '.join(sorted(changed))}")


@pytest.fixture(scope="module", autouse=True)
def no_garbage() -> Iterator[None]:
    """Find what a file's tests have left open in that file, not wherever the collector runs.

    What its last test holds until the very end is found as the next file begins.
    """
    gc.collect()
    # What is alive is not looked through again.
    gc.freeze()
    yield
    gc.collect()


@pytest.fixture
async def no_leaked_tasks() -> AsyncIterator[None]:
    """Fail a test that leaves a task running after all its fixtures are gone."""
    before = asyncio.all_tasks()
    yield
    leaked = asyncio.all_tasks() - before - {_this_task()}
    if leaked:
        _, leaked = await asyncio.wait(leaked, timeout=_TASK_END_SECS)
    if leaked:
        pytest.fail("tasks left running: " + ", ".join(sorted(map(_task_name, leaked))))


@pytest.fixture
def artefact_dir(request: pytest.FixtureRequest) -> Path:
    """A folder for what a person may want to look at after the run, such as screenshots."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", str(request.node.name))
    folder = ARTEFACTS_DIR / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _leave() -> None:
    """End here: LiveKit's native threads may call into a Python that takes itself apart, and abort.

    The run has said everything; only its exit code would be lost.
    """
    if _exit_codes:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_exit_codes[-1])


def _this_task() -> asyncio.Task[object]:
    task = asyncio.current_task()
    assert task is not None
    return task


def _task_name(task: asyncio.Task[object]) -> str:
    coroutine = task.get_coro()
    return f"{task.get_name()} ({getattr(coroutine, '__qualname__', coroutine)})"


def _command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())[:200]
    except psutil.Error:
        return "?"

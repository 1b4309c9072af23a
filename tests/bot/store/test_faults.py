"""What befalls a store in the middle of a call: the talk goes on, and the operator is told."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.engine import make_url

from bot.errors import LaunchError
from bot.http.listener import bind
from bot.session_log.session_log import SessionLog
from bot.settings import Settings
from bot.store.engines import server_engine
from bot.store.file import FILE_NAME
from bot.store.sessions import load_session
from bot.store.store import Store, open_store
from bot.store.switch import switch_in
from processors.agent_protocol.events import Side
from tests.log_lines import log_lines
from tests.nobody import locked_out
from tests.ports import free_port
from tests.postgres_server import transaction_pooler
from tests.waiting import until

_PROMISE = pytest.mark.promise(
    "Memory", "A store that hangs, fails, is full or is held costs a call nothing."
)
_POOLED = pytest.mark.skipif(
    shutil.which("pgbouncer") is None,
    reason="PgBouncer is not installed (on Debian: apt-get install pgbouncer)",
)
_NOT_KEPT = "The conversation is not kept for now"
_LIMIT_SECS = 60.0


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Return the lines of the log that come."""
    with log_lines("bot") as found:
        yield found


class Talk:
    """A call that is written down."""

    def __init__(self, store: Store, *, name: str = "a") -> None:
        self.store = store
        self.name = name
        self.log = SessionLog(session_id=name, store=store)
        self.log.caller_joined()
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)
        began_secs = time.perf_counter()
        self.log.words_heard(text)
        self.log.playout_stopped(is_interrupted=False)
        self.log.turn_added(Side.BOT, text)
        # Whoever speaks waits for no disk.
        assert time.perf_counter() - began_secs < 1.0

    async def is_kept(self, *, store: Store | None = None) -> None:
        async def found() -> bool:
            kept = await load_session(store or self.store, self.name)
            return kept is not None and [turn.text for turn in kept.turns] == self.said

        await until(found, limit_secs=_LIMIT_SECS)


def told(lines: list[str]) -> int:
    return len([line for line in lines if _NOT_KEPT in line])


async def until_told(lines: list[str]) -> None:
    async def is_told() -> bool:
        return told(lines) > 0

    await until(is_told, limit_secs=_LIMIT_SECS)


@contextmanager
def full_disk(folder: Path) -> Generator[None]:
    """Let no file grow, as if there were no room."""
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = max(path.stat().st_size for path in folder.glob(f"{FILE_NAME}*"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)


@contextmanager
def read_only(folder: Path) -> Generator[None]:
    """Be somebody who may read what is in a folder, and no more."""
    (folder / FILE_NAME).chmod(0o444)
    with locked_out(folder, mode=0o555):
        yield


@_PROMISE
async def test_a_disk_that_is_full_for_a_while(
    file_store: Store, tmp_path: Path, lines: list[str]
) -> None:
    talk = Talk(file_store)
    talk.say("before")
    await talk.is_kept()
    with full_disk(tmp_path / "data"):
        # More than there is room for in what the files have already.
        talk.say("word " * 20_000)
        await until_told(lines)
        talk.say("meanwhile")
    await talk.is_kept()
    await talk.log.close()
    assert told(lines) == 1
    async with open_store(tmp_path / "data") as again:
        await talk.is_kept(store=again)


@_PROMISE
@pytest.mark.parametrize("size", [0, 100, 5_000])
async def test_a_file_that_is_cut_in_the_middle_of_a_call(
    file_store: Store, tmp_path: Path, lines: list[str], size: int
) -> None:
    talk = Talk(file_store)
    talk.say("before")
    await talk.is_kept()
    # Not the third one, which is memory that processes share.
    for path in (tmp_path / "data" / FILE_NAME, tmp_path / "data" / f"{FILE_NAME}-wal"):
        os.truncate(path, size)
    for number in range(3):
        talk.say(f"after {number}")
        await asyncio.sleep(0.4)
    await talk.log.end("goodbye")
    assert told(lines) <= 1


@_PROMISE
@pytest.mark.parametrize("size", [0, 1, 100, 5_000, 20_000])
async def test_a_file_that_was_cut_before_the_start(
    tmp_path: Path, lines: list[str], size: int
) -> None:
    async with open_store(tmp_path) as store:
        await Talk(store).log.close()
    os.truncate(tmp_path / FILE_NAME, size)
    async with open_store(tmp_path) as store:
        talk = Talk(store)
        talk.say("hello")
        await talk.is_kept()
        await talk.log.close()
    # A file with nothing in it is a new one; of any other the operator is told once.
    sentences = [line for line in lines if "nothing is kept there" in line]
    assert len(sentences) == (size > 1)


@_PROMISE
async def test_a_folder_that_may_only_be_read(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with open_store(folder) as store:
            await Talk(store).log.close()
        with read_only(folder):
            async with open_store(folder) as store:
                assert not store.is_kept
                talk = Talk(store)
                talk.say("hello")
                await talk.is_kept()
                await talk.log.close()
    assert len([line for line in lines if "nothing is kept there" in line]) == 1


@pytest_asyncio.fixture
async def server(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Return the operator's connection to a server with a database `faults`."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("CREATE DATABASE faults")
    yield connection
    await connection.execute("DROP DATABASE faults WITH (FORCE)")
    await connection.close()


@_PROMISE
async def test_a_server_that_refuses_for_a_while(
    server: asyncpg.Connection, database_url: str, tmp_path: Path, lines: list[str]
) -> None:
    url = make_url(database_url).set(database="faults").render_as_string(False)
    async with open_store(tmp_path, database_url=url) as store:
        talk = Talk(store)
        talk.say("before")
        await talk.is_kept()
        end_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'faults'"
        # As a restart does: whoever comes again is let in.
        await server.execute(end_all)
        talk.say("after a restart")
        await talk.is_kept()
        assert told(lines) == 0
        await server.execute("ALTER DATABASE faults ALLOW_CONNECTIONS false")
        await server.execute(end_all)
        talk.say("while nobody is let in")
        await until_told(lines)
        talk.say("meanwhile")
        await server.execute("ALTER DATABASE faults ALLOW_CONNECTIONS true")
        await talk.is_kept()
        await talk.log.close()
    assert told(lines) == 1


@pytest.mark.promise(
    "Memory", "A pooler that loses prepared statements costs no word of what is kept."
)
@_POOLED
@pytest.mark.usefixtures("server")
async def test_a_pooler_that_loses_prepared_statements(
    database_url: str, tmp_path: Path, lines: list[str]
) -> None:
    direct = make_url(database_url).set(database="faults").render_as_string(False)
    async with open_store(tmp_path, database_url=direct) as store:
        with transaction_pooler(direct) as url:
            bots = [Store(server_engine(url), is_kept=True) for _ in range(4)]
            talks = [Talk(bot, name=f"pooled {number}") for number, bot in enumerate(bots)]
            for number in range(8):
                for talk in talks:
                    talk.say(f"{number}")
                # Each is a transaction of its own.
                await asyncio.sleep(0.35)
            for talk in talks:
                await talk.is_kept(store=store)
                await talk.log.end("goodbye")
                await talk.store.close()
    # Each bot finds out once, and tells at most that.
    assert told(lines) <= len(talks)


@pytest.mark.promise(
    "Memory", "A pooler that loses prepared statements costs no word of what is kept."
)
@_POOLED
@pytest.mark.usefixtures("server")
async def test_a_command_behind_such_a_pooler_is_done_at_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = make_url(database_url).set(database="faults").render_as_string(False)
    with transaction_pooler(direct) as url:
        for _ in range(4):
            # A new process counts its statements anew, and meets those of the ones before.
            monkeypatch.setattr(asyncpg.connection, "_uid", 0)
            async with open_store(tmp_path, database_url=url) as store:
                assert await load_session(store, "nobody") is None


@_PROMISE
async def test_a_login_that_is_refused(database_url: str, lines: list[str]) -> None:
    url = make_url(database_url).set(username="nobody_knows").render_as_string(False)
    store = Store(server_engine(url), is_kept=True)
    talk = Talk(store)
    for number in range(2):
        talk.say(f"{number}")
        await asyncio.sleep(0.5)
    await until_told(lines)
    await talk.log.end("goodbye")
    await store.close()
    assert told(lines) == 1
    # In words, and without what was said.
    assert "Invalid" in next(line for line in lines if _NOT_KEPT in line)


@pytest.mark.promise(
    "Parts on this machine",
    "A start waits two minutes for a database server that is late, and goes on by no other.",
)
async def test_a_server_that_is_late_at_a_start(
    database_url: str, tmp_path: Path, lines: list[str]
) -> None:
    url = make_url(database_url).set(database="late").render_as_string(False)
    operator = await asyncpg.connect(database_url)

    async def come() -> None:
        await asyncio.sleep(1.5)
        await operator.execute("CREATE DATABASE late")

    coming = asyncio.create_task(come())
    try:
        async with open_store(tmp_path, database_url=url, patience_secs=_LIMIT_SECS) as store:
            assert store.is_shared
            talk = Talk(store)
            talk.say("hello")
            await talk.is_kept()
            await talk.log.close()
    finally:
        await coming
        await operator.execute("DROP DATABASE late WITH (FORCE)")
        await operator.close()
    late, came = (line for line in lines if "DATABASE_URL" in line)
    assert "InvalidCatalogName" in late and "it is asked again" in late
    assert came.strip() == "DATABASE_URL answers"


@pytest.mark.promise(
    "Parts on this machine",
    "A start waits two minutes for a database server that is late, and goes on by no other.",
)
@pytest.mark.parametrize("hangs", [False, True])
async def test_a_server_that_never_comes(tmp_path: Path, hangs: bool) -> None:
    began_secs = time.monotonic()
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1] if hangs else free_port()
        url = f"postgresql://parley@127.0.0.1:{port}/parley"
        async with asyncio.timeout(10.0):
            with pytest.raises(
                LaunchError, match=r"^store_unreachable: DATABASE_URL: .*, for 1 s$"
            ):
                async with open_store(tmp_path, database_url=url, patience_secs=1.0):
                    pass
    assert time.monotonic() - began_secs >= 1.0
    # Nor does it begin a file in the place of the server.
    assert os.listdir(tmp_path) == []


async def test_a_command_does_not_wait(tmp_path: Path) -> None:
    url = f"postgresql://parley@127.0.0.1:{free_port()}/parley"
    settings = Settings.model_validate({"database_url": url, "data_dir": tmp_path})
    began_secs = time.monotonic()
    with pytest.raises(LaunchError, match="^store_unreachable: DATABASE_URL: "):
        await switch_in(settings, paused=True)
    assert time.monotonic() - began_secs < 1.0

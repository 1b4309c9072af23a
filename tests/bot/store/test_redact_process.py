"""REDACT_FILE whose function hangs, ends its process or is no function: nobody waits for it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest
import pytest_asyncio

from bot.errors import SettingsError
from bot.session_log import session_writer
from bot.session_log.session_writer import CLOSE_LIMIT_SECS, SessionWriter
from bot.store import redact_process
from bot.store.engines import memory_engine, migrate
from bot.store.redact_process import RedactProcess, check_redact_file
from bot.store.redaction import NOT_KEPT, Redactor
from bot.store.session_rows import CallRow, SessionRow, TurnRow
from bot.store.sessions import load_session
from bot.store.store import Store
from tests.log_lines import log_lines

_SESSION = SessionRow(id="s", began_at=1, seen_at=1)
_BACKTRACKS = "return str(re.match('(x+x+)+y', 'x' * 60))"
_LIMIT_SECS = 20.0


def _turn(place: int, text: str) -> TurnRow:
    return TurnRow(
        place=place, who="user", text=text, memory=text, is_finished=True, began_ms=1, ended_ms=2
    )


def _file(folder: Path, code: str, *, loads_secs: float = 0.0) -> Path:
    """Write a file that notes each time that it is run."""
    file = folder / "redact.py"
    lines = code.replace("; ", "\n    ")
    file.write_text(
        "import asyncio, os, re, signal, sys, time\n"
        f"open({str(folder / 'runs')!r}, 'a').write('x')\n"
        f"time.sleep({loads_secs})\n"
        f"def redact(text):\n    {lines}\n"
    )
    return file


async def _kept(store: Store) -> list[str]:
    """Return the turns, and the tools with their states."""
    kept = await load_session(store, "s")
    assert kept is not None
    calls = [one for call in kept.tool_calls for one in (call.name, call.state)]
    return [*(turn.text for turn in kept.turns), *calls]


async def _words(store: Store) -> list[str]:
    kept = await load_session(store, "s")
    assert kept is not None
    calls = [one for call in kept.tool_calls for one in (call.arguments, call.result)]
    return [kept.summary, *(turn.text for turn in kept.turns), *calls]


def _runs(folder: Path) -> int:
    return len((folder / "runs").read_text())


@pytest.fixture
def lines() -> Iterator[list[str]]:
    with log_lines("bot.store") as told:
        yield told


class Make(Protocol):
    """Makes a redactor of a function's lines, joined by `; `."""

    def __call__(self, code: str, *, loads_secs: float = 0.0) -> Redactor: ...


@pytest_asyncio.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    made: list[Redactor] = []

    def of(code: str, *, loads_secs: float = 0.0) -> Redactor:
        made.append(Redactor(_file(tmp_path, code, loads_secs=loads_secs)))
        return made[-1]

    yield of
    for redactor in made:
        await redactor.close()


def _limit(monkeypatch: pytest.MonkeyPatch, secs: float) -> None:
    monkeypatch.setattr(redact_process, "TEXT_LIMIT_SECS", secs)


@pytest.mark.promise(
    "Memory",
    "Whatever REDACT_FILE does, no call waits for it; what it does not change in time is not kept.",
)
@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("raise ValueError(text)", "ValueError"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("sys.exit(0)", "SystemExit"),
        ("os._exit(0)", "its process ended"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "its process ended"),
        ("return None", "it returned no text"),
        ("return text.encode()", "it returned no text"),
        ("return asyncio.sleep(0)", "it returned no text"),
        ("return text * 10_000_000", "its process ended"),
        ("time.sleep(3600)", "it took longer than 0.5 s"),
        ("while True: pass", "it took longer than 0.5 s"),
        (_BACKTRACKS, "it took longer than 0.5 s"),
    ],
)
async def test_what_it_does_not_change_is_not_kept_and_the_bot_goes_on(
    make: Make, lines: list[str], monkeypatch: pytest.MonkeyPatch, code: str, problem: str
) -> None:
    _limit(monkeypatch, 0.5 if "took" in problem else _LIMIT_SECS)
    redactor, ticks = make(code), 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    ticking = asyncio.create_task(tick())
    async with asyncio.timeout(2 * _LIMIT_SECS):
        _, rows = await redactor.redacted(_SESSION, [_turn(1, "secret"), _turn(2, "secret too")])
    ticking.cancel()
    assert [vars(row)["text"] for row in rows] == [NOT_KEPT, NOT_KEPT]
    # As long as it runs the bot hears and speaks.
    assert ticks > 5 or "took" not in problem
    (line,) = lines
    assert line.strip() == f"REDACT_FILE: redact failed ({problem}); such words are not kept"


@pytest.mark.promise(
    "Memory",
    "Whatever REDACT_FILE does, no call waits for it; what it does not change in time is not kept.",
)
async def test_a_text_that_it_hangs_on_costs_no_other(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _limit(monkeypatch, 3.0)
    redactor = make("while 'hang' in text: pass; return text.upper()")
    texts = ["one", "hang", "two", "hang on", "three"]
    _, rows = await redactor.redacted(_SESSION, [_turn(at, text) for at, text in enumerate(texts)])
    kept = [vars(row)["text"] for row in rows]
    assert kept == ["ONE", NOT_KEPT, "TWO", NOT_KEPT, "THREE"]
    assert _runs(tmp_path) == 3


@pytest.mark.promise(
    "Memory",
    "Whatever REDACT_FILE does, no call waits for it; what it does not change in time is not kept.",
)
async def test_one_that_always_hangs_is_left_alone_for_a_while(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _limit(monkeypatch, 0.3)
    redactor = make("time.sleep(3600)")
    _, rows = await redactor.redacted(_SESSION, [_turn(at, f"{at}") for at in range(50)])
    assert {vars(row)["text"] for row in rows} == {NOT_KEPT}
    assert _runs(tmp_path) == 3
    assert await redactor.redacted_text("later") == NOT_KEPT
    assert _runs(tmp_path) == 3
    monkeypatch.setattr(redact_process, "_MOST_FAILURES", 10)
    await redactor.redacted_text("later")
    assert _runs(tmp_path) == 4


@pytest.mark.promise(
    "Memory",
    "Whatever REDACT_FILE does, no call waits for it; what it does not change in time is not kept.",
)
async def test_what_it_prints_and_reads_is_nobodys(
    make: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    redactor = make("print(text, flush=True); os.write(2, b'secret'); input(); return 'x'")
    assert await redactor.redacted_text("secret") == NOT_KEPT  # there is nothing to read
    redactor = make("print(text, flush=True); os.write(1, b'secret'); return 'x'")
    assert await redactor.redacted_text("secret") == "x"
    assert "secret" not in "".join(capfd.readouterr())


@pytest.mark.promise(
    "Memory",
    "Whatever REDACT_FILE does, no call waits for it; what it does not change in time is not kept.",
)
@pytest.mark.parametrize("code", ["time.sleep(3600)", _BACKTRACKS])
async def test_the_end_of_a_bot_waits_for_it_no_longer_than_for_a_store(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    _limit(monkeypatch, 3600.0)
    engine = memory_engine()
    await migrate(engine)
    store = Store(engine, is_kept=True)
    redactor = make(f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); {code}")
    writer = SessionWriter(store=store, describe=lambda: _SESSION, redactor=redactor)
    writer.open()
    writer.put(_turn(1, "secret"))
    async with asyncio.timeout(_LIMIT_SECS):
        while not (tmp_path / "pid").exists():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.05)
    began = time.monotonic()
    await writer.close()
    await redactor.close()
    assert time.monotonic() - began < 2 * CLOSE_LIMIT_SECS + 2.0
    assert await _kept(store) == [NOT_KEPT]
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    await store.close()


@pytest.mark.promise(
    "Memory",
    "However long REDACT_FILE takes, what a tool began and ended is known; words follow.",
)
@pytest.mark.parametrize(
    ("loads_secs", "takes_secs"), [(0.0, 0.0), (0.0, 0.3), (0.0, 0.9), (3.0, 0.0)]
)
async def test_what_is_changed_late_is_kept_without_its_words_first(
    make: Make, monkeypatch: pytest.MonkeyPatch, loads_secs: float, takes_secs: float
) -> None:
    _limit(monkeypatch, _LIMIT_SECS)
    monkeypatch.setattr(session_writer, "KEPT_LIMIT_SECS", _LIMIT_SECS)
    engine = memory_engine()
    await migrate(engine)
    store = Store(engine, is_kept=True)
    code = f"time.sleep({takes_secs}); return text.upper()"
    redactor = make(code, loads_secs=loads_secs)
    session = replace(_SESSION, summary="we spoke")
    writer = SessionWriter(store=store, describe=lambda: session, redactor=redactor)
    writer.open()
    call = CallRow(place=2, call_id="c", name="pay", state="running", began_ms=3)
    for state in ("running", "finished"):
        # Of the second time the words of the first are still being looked at.
        writer.put(_turn(1, "hello"))
        call.state, call.arguments, call.result = state, '{"to": "me"}', f'"is {state}"'
        writer.put(call)
        began = time.monotonic()
        await writer.kept()
        # All its words take six times as long as one.
        assert time.monotonic() - began < 2.0
        assert await _kept(store) in (["HELLO", "pay", state], [NOT_KEPT, "pay", state])
    assert await writer.settle() or takes_secs or loads_secs
    async with asyncio.timeout(_LIMIT_SECS):
        while '"IS FINISHED"' not in (words := await _words(store)):
            # Nothing older comes back meanwhile.
            assert (await _kept(store))[-1] == "finished"
            await asyncio.sleep(0.05)
    assert words == ["WE SPOKE", "HELLO", '{"TO": "ME"}', '"IS FINISHED"']
    writer.put(_turn(3, "bye"))
    await writer.close()
    # What is not new keeps its words, whatever is still being looked at.
    assert (await _words(store))[:2] == ["WE SPOKE", "HELLO"]
    await store.close()


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("", "has no function redact"),
        ("redact = 1", "has no function redact"),
        ("1 / 0", "cannot be run \\(ZeroDivisionError\\)"),
        ("def redact(", "cannot be run \\(SyntaxError\\)"),
        ("import sys; sys.exit(0)", "cannot be run \\(SystemExit\\)"),
        ("import os; os._exit(0)", "cannot be run"),
        ("import time; time.sleep(3600)", "cannot be run, or not within 1 s"),
    ],
)
async def test_a_file_that_cannot_be_used_is_named_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, problem: str
) -> None:
    if "sleep" in code:
        monkeypatch.setattr(redact_process, "_LOAD_LIMIT_SECS", 1.0)
    file, problems = tmp_path / "redact.py", list[str]()
    file.write_text(code)
    with pytest.raises(SettingsError, match=f"REDACT_FILE: .* {problem}"):
        await asyncio.to_thread(check_redact_file, file)
    # It was changed since the start.
    process = RedactProcess(file, on_problem=problems.append)
    assert await process.words_for(["secret"]) == {"secret": None}
    await process.close()
    assert len(problems) == 1


async def test_a_file_that_can_be_used_is_let_be(tmp_path: Path) -> None:
    await asyncio.to_thread(check_redact_file, _file(tmp_path, "return text"))


async def test_it_is_loaded_ahead_and_once_with_what_stands_beside_it(tmp_path: Path) -> None:
    (tmp_path / "words_of_ours.py").write_text("INSTEAD = '[name]'\n")
    file = _file(tmp_path, "from words_of_ours import INSTEAD; return INSTEAD")
    told: list[str] = []
    process = RedactProcess(file, on_problem=told.append)
    await process.begin()
    assert _runs(tmp_path) == 1
    assert await process.words_for(["Ada"]) == {"Ada": "[name]"}
    assert _runs(tmp_path) == 1
    await process.close()
    assert told == []


async def test_a_file_that_cannot_be_loaded_ahead_is_tried_again_with_the_first_text(
    tmp_path: Path,
) -> None:
    file, told = _file(tmp_path, "return text"), list[str]()
    whole = file.read_text()
    file.write_text(f"{whole}\nos._exit(3)\n")
    process = RedactProcess(file, on_problem=told.append)
    await process.begin()
    file.write_text(whole)
    assert await process.words_for(["Ada"]) == {"Ada": "Ada"}
    assert _runs(tmp_path) == 2
    await process.close()
    assert told == []

"""REDACT_FILE in a process of its own: whatever its function does, a call neither waits nor ends.

In a thread of the bot it would keep all others from running: one regular expression that does not
come to an end holds Python's lock for as long.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import cast

from bot.errors import SettingsError
from bot.processes.die_with_parent import with_parent
from bot.processes.process_end import exit_code, kill_group, let_go

TEXT_LIMIT_SECS = 1.0
"""For one text. A turn takes a regular expression well under a millisecond; whoever waits for what
is kept does not wait for words (bot/session_log/session_writer.py)."""
_LOAD_LIMIT_SECS = 10.0
"""What is said until then waits in memory."""
_MOST_FAILURES = 3
"""In a row, each of which takes up to its limit and ends the process."""
_REST_SECS = 60.0
"""Then nothing is asked for so long: what is said meanwhile is not kept."""
_LINE_LIMIT_BYTES = 2**20


class RedactProcess:
    """Owns the process from the first text that is asked for to `close`.

    Args:
        path: The operator's file.
        on_problem: Told each time what was wrong, without any words.
    """

    def __init__(self, path: Path, *, on_problem: Callable[[str], None]) -> None:
        self._path = path
        self._on_problem = on_problem
        self._process: asyncio.subprocess.Process | None = None
        self._ended: list[asyncio.subprocess.Process] = []
        """Killed, and maybe not gone yet."""
        self._failures = 0
        self._rests_until_secs = float("-inf")

    async def words_for(self, texts: Iterable[str]) -> dict[str, str | None]:
        """Return the new words of each text; None for what could not be had within its limit.

        Cancelling ends the process, and the next text has a new one.
        """
        return {text: await self._words_for(text) for text in texts}

    async def begin(self) -> None:
        """Start it ahead of the first text; with that it is tried again if it fails."""
        is_ready = False
        try:
            await self._until_ready()
            is_ready = True
        except (OSError, ValueError, TimeoutError, SettingsError):
            return
        finally:
            if not is_ready:
                self._drop()

    async def close(self) -> None:
        """End the process; it is not waited for until it has an answer."""
        self._drop()
        for process in self._ended:
            await exit_code(process)
            let_go(process)
        self._ended.clear()

    async def _words_for(self, text: str) -> str | None:
        now_secs = asyncio.get_running_loop().time()
        if self._failures >= _MOST_FAILURES and now_secs < self._rests_until_secs:
            return None
        limit_secs, is_answered = _LOAD_LIMIT_SECS, False
        try:
            process = await self._until_ready()
            limit_secs = TEXT_LIMIT_SECS
            async with asyncio.timeout(limit_secs):
                answer = await _asked(process, text)
            is_answered = True
        except TimeoutError:
            problem = f"it took longer than {limit_secs:g} s"
        except SettingsError as error:
            problem = error.message
        except (OSError, ValueError):
            problem = "its process ended"
        else:
            self._failures = 0
            if (words := answer.get("words")) is not None:
                return words
            problem = answer.get("problem", "")
        finally:
            if not is_answered:
                self._drop()
        if not is_answered:
            self._failures += 1
            self._rests_until_secs = asyncio.get_running_loop().time() + _REST_SECS
        self._on_problem(problem)
        return None

    async def _until_ready(self) -> asyncio.subprocess.Process:
        if self._process is None:
            self._process = await self._start()
            assert self._process.stdout is not None
            async with asyncio.timeout(_LOAD_LIMIT_SECS):
                _check(await self._process.stdout.readline())
        return self._process

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *with_parent(_command(self._path)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # Whatever it writes there may be what was said.
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LINE_LIMIT_BYTES,
            start_new_session=True,
        )

    def _drop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            kill_group(process.pid)
            self._ended.append(process)


def check_redact_file(path: Path) -> None:
    """See whether the file can be used, as the settings are checked.

    Raises:
        SettingsError: code "bad_settings": it has no function `redact`, cannot be run, or takes
            too long.
    """
    told = b""
    with contextlib.suppress(subprocess.TimeoutExpired):
        told = subprocess.run(
            with_parent(_command(path)),
            input=b"",
            capture_output=True,
            timeout=_LOAD_LIMIT_SECS,
            check=False,
        ).stdout
    try:
        _check(told.partition(b"\n")[0])
    except SettingsError as error:
        raise SettingsError("bad_settings", f"REDACT_FILE: {path} {error.message}") from error
    except ValueError as error:
        message = f"REDACT_FILE: {path} cannot be run, or not within {_LOAD_LIMIT_SECS:g} s"
        raise SettingsError("bad_settings", message) from error


def _command(path: Path) -> list[str]:
    child = Path(__file__).with_name("redact_child.py")
    # -P: what the file imports is not looked for beside the program.
    return [sys.executable, "-P", str(child), str(path)]


def _check(line: bytes) -> None:
    """Read the first line of the process.

    Raises:
        SettingsError: code "bad_settings": what is wrong with the file.
        ValueError: there is none.
    """
    if problem := _fields(line).get("problem"):
        raise SettingsError("bad_settings", problem)


async def _asked(process: asyncio.subprocess.Process, text: str) -> dict[str, str]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(text).encode() + b"\n")
    await process.stdin.drain()
    return _fields(await process.stdout.readline())


def _fields(line: bytes) -> dict[str, str]:
    return cast("dict[str, str]", json.loads(line))

"""Has what a client kept of its microphone decoded by a helper process, which may fail alone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

_HELPER = Path(__file__).with_name("pre_connect_helper.py")
_REFUSED = 3
# Live words wait for it, as long as they may wait at all; its own CPU time is limited to 1 s.
LIMIT_SECS = 3.0
_END_LIMIT_SECS = 1.0
# What a reason of the helper's may look like in the log.
_REASON = re.compile(rb"[a-zA-Z ]{1,60}")


class DecodingError(Exception):
    """The audio cannot be decoded; the text says why, without its content."""


class PreConnectDecoder:
    """One helper process for one recording.

    Its start takes 80 ms beside whatever else happens, so make it as soon as a recording is
    announced. It ends with `close`, and with the bot.

    Args:
        sample_rate_hz: Rate of the PCM.
        max_secs: More of it is not decoded.
        command: The helper.
        limit_secs: How long it may take with a whole recording.
    """

    def __init__(
        self,
        *,
        sample_rate_hz: int,
        max_secs: float,
        command: Sequence[str] | None = None,
        limit_secs: float = LIMIT_SECS,
    ) -> None:
        self._limit_secs = limit_secs
        self._sample_rate_hz = sample_rate_hz
        self._max_secs = max_secs
        self._starting = asyncio.create_task(_start(command or _helper_command()), name="decoder")

    async def decode(self, data: bytes, *, mime_type: str, attributes: Mapping[str, str]) -> bytes:
        """Return the recording as mono 16-bit PCM.

        Args:
            data: WebM, MP4 or Ogg, or raw 16-bit PCM.
            mime_type: As the client names it.
            attributes: Of raw PCM, `sampleRate` and `channels`.

        Raises:
            DecodingError: It is no recording of a microphone, or the helper did not decode it.
        """
        form = {
            "mime_type": mime_type[:100],
            "raw_form": (
                _number(attributes.get("sampleRate", "")),
                _number(attributes.get("channels", "")),
            ),
            "sample_rate_hz": self._sample_rate_hz,
            "max_secs": self._max_secs,
        }
        max_bytes = int(self._max_secs * self._sample_rate_hz) * 2
        try:
            async with asyncio.timeout(self._limit_secs):
                process = await asyncio.shield(self._starting)
                _, answer = await asyncio.gather(
                    _give(process, json.dumps(form).encode() + b"\n" + data),
                    _take(process, max_bytes),
                )
                code = await process.wait()
        except TimeoutError:
            raise DecodingError("the helper takes too long") from None
        except OSError as error:
            raise DecodingError("the helper cannot be started") from error
        if len(answer) > max_bytes:
            raise DecodingError("the helper answers too much")
        if code == _REFUSED:
            raise DecodingError(answer.decode() if _REASON.fullmatch(answer) else "refused")
        if code != 0 or len(answer) % 2:
            raise DecodingError(f"the helper ended with {code}")
        return answer

    async def close(self) -> None:
        """End the process, whatever it does."""
        # Its start is not cancelled: a process that is just being made would be nobody's.
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(_END_LIMIT_SECS):
                await _drop(await asyncio.shield(self._starting))


async def _start(command: Sequence[str]) -> Process:
    return await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}, start_new_session=True
    )


def _helper_command() -> list[str]:
    """Return how the helper is run: by this interpreter, without `site` and the environment."""
    found = find_spec("av")
    assert found is not None
    assert found.origin is not None
    packages = Path(found.origin).parent.parent
    return [sys.executable, "-I", "-S", str(_HELPER), str(packages)]


def _number(text: str) -> int:
    """Return a rate or a number of channels; 0, which is neither, for anything else."""
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0


async def _give(process: Process, data: bytes) -> None:
    """Write all of it. A helper that does not want it ends, and says why by that."""
    assert process.stdin is not None
    with contextlib.suppress(ConnectionError):
        process.stdin.write(data)
        await process.stdin.drain()
    process.stdin.close()


async def _take(process: Process, max_bytes: int) -> bytes:
    """Read to the end; of too much only that it is."""
    assert process.stdout is not None
    answer = b""
    while piece := await process.stdout.read(2**16):
        answer = (answer + piece)[: max_bytes + 1]
        if len(answer) > max_bytes:
            _kill(process)
    return answer


def _kill(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


async def _drop(process: Process) -> None:
    """Kill it, and let the event loop forget it: its pipes must be empty for that."""
    assert process.stdin is not None
    assert process.stdout is not None
    _kill(process)
    process.stdin.close()
    while await process.stdout.read(2**16):
        pass
    await process.wait()

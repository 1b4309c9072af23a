"""The process that decodes a recording: what it may do, and what its trouble costs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from processors.room.pre_connect_decoder import LIMIT_SECS, DecodingError, PreConnectDecoder
from tests.layout import PROJECT_ROOT
from tests.processors.room.test_pre_connect_helper import assert_tone, encoded
from tests.waiting import until

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
BOUND = b"Max open files            0"
RAW = {"sampleRate": "16000", "channels": "1"}
READ = "import sys; sys.stdin.buffer.read();"


@asynccontextmanager
async def decoder(program: str = "") -> AsyncGenerator[PreConnectDecoder]:
    """Open one; with a program, that is its helper."""
    command = [sys.executable, "-I", "-S", "-c", program] if program else None
    limit_secs = 0.5 if "sleep" in program else LIMIT_SECS
    decoder = PreConnectDecoder(
        sample_rate_hz=16_000, max_secs=1.0, command=command, limit_secs=limit_secs
    )
    try:
        yield decoder
    finally:
        await decoder.close()
    assert helpers() == []


def helpers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "-S" in child.cmdline()]


async def decoded(decoder: PreConnectDecoder, data: bytes = b"\1\0" * 400) -> bytes:
    return await decoder.decode(data, mime_type="", attributes=RAW)


async def test_a_recording_comes_back_as_samples() -> None:
    async with decoder() as helper:
        assert_tone(await decoded(helper, encoded("webm", "libopus", secs=0.8)), secs=0.8)


async def test_raw_samples_come_back_as_they_are() -> None:
    async with decoder() as helper:
        assert await decoded(helper) == b"\1\0" * 400


@pytest.mark.parametrize("rate", ["", "0", "many", "-1", "1e4", "٤٨٠٠٠", "9" * 5000])
async def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    async with decoder() as helper:
        with pytest.raises(DecodingError, match="no plausible rate"):
            await helper.decode(
                b"\0\0", mime_type="", attributes={"sampleRate": rate, "channels": "1"}
            )


@pytest.mark.promise(
    "Limits",
    "A recording from before the connection that is made to do harm costs nothing but itself.",
)
@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import time; time.sleep(5)", "too long"),
        (f"{READ} import time; time.sleep(5)", "too long"),
        (f"{READ} sys.stdout.close(); import time; time.sleep(5)", "too long"),
        (
            "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(5)",
            "too long",
        ),
        ("raise SystemExit(1)", "ended with 1"),
        (f"{READ} import os; os.kill(os.getpid(), 9)", "ended with -9"),
        (f"{READ} import os; os.kill(os.getpid(), 11)", "ended with -11"),
        (f"{READ} sys.stdout.write('x' * 32_001)", "too much"),
        (f"{READ}\nwhile True: sys.stdout.write('x' * 65_536)", "too much"),
        ("import sys\nwhile True: sys.stdout.write('x' * 65_536)", "too much"),
        (f"{READ} sys.stdout.write('x')", "ended with 0"),
        (f"{READ} sys.stdout.write('a forged\\nline'); sys.exit(3)", "^refused$"),
        (f"{READ} sys.stdout.write('x' * 9_000); sys.exit(3)", "^refused$"),
        (f"{READ} sys.stdout.buffer.write(bytes(range(128, 200))); sys.exit(3)", "^refused$"),
        (f"{READ} sys.exit(3)", "^refused$"),
    ],
)
async def test_a_helper_that_fails_costs_the_recording_only(program: str, reason: str) -> None:
    async with decoder(program) as helper:
        with pytest.raises(DecodingError, match=reason):
            await decoded(helper, b"\0" * 2_000_000)


async def test_a_helper_that_cannot_be_started_costs_the_recording_only(tmp_path: Path) -> None:
    helper = PreConnectDecoder(
        sample_rate_hz=16_000, max_secs=1.0, command=[str(tmp_path / "missing")]
    )
    with pytest.raises(DecodingError, match="cannot be started"):
        await decoded(helper)
    await helper.close()


async def test_a_helper_is_ended_when_the_caller_leaves_meanwhile() -> None:
    async with decoder("import time; time.sleep(5)") as helper:
        decoding = asyncio.create_task(decoded(helper))
        await asyncio.sleep(0.1)
        decoding.cancel()
        await asyncio.wait([decoding])
        assert decoding.cancelled()


async def test_a_helper_that_is_closed_before_it_runs_is_ended() -> None:
    async with decoder():
        pass


@LINUX
@pytest.mark.promise(
    "Limits", "What decodes a caller's recording has none of the keys, and bounded memory and time."
)
async def test_the_helper_has_no_keys_and_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-nobody-may-see")

    async def is_bound() -> bool:
        return any(BOUND in _read(one, "limits") for one in helpers())

    async with decoder() as helper:
        await until(is_bound)
        [process] = helpers()
        assert _read(process, "environ").strip(b"\0") == b""
        limits = _read(process, "limits").decode()
        assert f"Max address space         {256 * 2**20}" in limits
        assert "Max cpu time              1 " in limits
        assert await decoded(helper) != b""


@LINUX
@pytest.mark.promise("Limits", "A bot that is killed leaves no process behind that decodes.")
@pytest.mark.parametrize("is_stuck", [False, True])
def test_the_helper_ends_with_the_bot(is_stuck: bool) -> None:
    program = (
        "import asyncio\n"
        "from processors.room.pre_connect_decoder import PreConnectDecoder\n"
        "async def main():\n"
        "    decoder = PreConnectDecoder(sample_rate_hz=16_000, max_secs=1.0)\n"
        "    print((await decoder._starting).pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with psutil.Popen(
        [sys.executable, "-c", program], cwd=PROJECT_ROOT, stdout=-1, text=True
    ) as bot:
        helper = psutil.Process(int(bot.stdout.readline()))
        limit_secs = time.monotonic() + 20
        while BOUND not in _read(helper, "limits"):
            assert time.monotonic() < limit_secs
        if is_stuck:
            helper.suspend()
        os.kill(bot.pid, signal.SIGKILL)
        bot.wait()
    psutil.wait_procs([helper], timeout=5)
    assert not helper.is_running() or helper.status() == psutil.STATUS_ZOMBIE


def _read(process: psutil.Process, name: str) -> bytes:
    return Path(f"/proc/{process.pid}/{name}").read_bytes()

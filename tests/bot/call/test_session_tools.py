from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pipecat.frames.frames import Frame
from pipecat.processors.aggregators.llm_context import LLMContext

from bot.call.session_tools import open_session_tools
from bot.settings import Settings
from tests.tools.mcp.unkind_mcp import described, open_silence, open_unkind_http
from tests.virtual_time import run_in_virtual_time


async def _hang_up() -> None:
    pass


async def test_no_server_of_tools_holds_up_the_join(tmp_path: Path) -> None:
    async with open_silence() as silent, open_unkind_http() as unkind:
        unkind.pages = {"": ([described("end_call")], None)}
        file = tmp_path / "servers.json"
        file.write_text(json.dumps({"dead": {"url": silent}, "live": {"url": unkind.url}}))
        settings = Settings.model_validate(
            {"mcp_servers": str(file), "appointments_file": str(tmp_path / "appointments.sqlite")}
        )
        begun_secs = time.monotonic()
        async with open_session_tools(settings, hang_up=_hang_up) as tools:
            assert time.monotonic() - begun_secs < 2.0
            assert "end_call" in tools.tool_names
            async with asyncio.timeout(10.0):
                while "live__end_call" not in tools.tool_names:  # noqa: ASYNC110 - has no event
                    await asyncio.sleep(0.01)
            leaving_secs = time.monotonic()
        assert time.monotonic() - leaving_secs < 2.0


# Takes as long as it is told and then leaves a file.
_SLOW_TOOLS = """
import asyncio
from pathlib import Path
from tools.tool import tool


async def work(secs: float, sign: str) -> str:
    await asyncio.sleep(secs)
    Path(__file__).with_name(sign).touch()
    return "done"


@tool(effect="write", timeout_secs=30.0)
async def slow_write(secs: float) -> str:
    \"\"\"Write something down.

    Args:
        secs: For how long.
    \"\"\"
    return await work(secs, "written")


@tool(timeout_secs=30.0)
async def slow_read(secs: float) -> str:
    \"\"\"Look something up.

    Args:
        secs: For how long.
    \"\"\"
    return await work(secs, "read")
"""


@pytest.mark.promise(
    "Tools", "When the call ends, a write has 3 s to finish; all else is stopped at once."
)
@pytest.mark.parametrize(
    ("name", "secs", "ended_after_secs", "signs"),
    [
        ("slow_write", 2.8, 2.8, {"written"}),
        ("slow_write", 3.3, 3.0, set[str]()),
        ("slow_read", 2.8, 0.0, set[str]()),
    ],
)
def test_what_runs_at_the_end_of_the_call(
    tmp_path: Path, name: str, secs: float, ended_after_secs: float, signs: set[str]
) -> None:
    file = tmp_path / "slow.py"
    file.write_text(_SLOW_TOOLS)
    settings = Settings.model_validate(
        {"tools_path": str(file), "appointments_file": str(tmp_path / "appointments.sqlite")}
    )

    async def main() -> float:
        clock = asyncio.get_running_loop()
        async with open_session_tools(settings, hang_up=_hang_up) as tools:
            call = asyncio.ensure_future(tools.handler()(_call(name, secs=secs)))
            await asyncio.sleep(0.0)
            await asyncio.sleep(0.0)
            ending_secs = clock.time()
        call.cancel()
        await asyncio.wait({call})
        return clock.time() - ending_secs

    assert run_in_virtual_time(main()) == pytest.approx(ended_after_secs, abs=0.2)
    assert {path.name for path in tmp_path.iterdir()} & {"written", "read"} == signs


def _call(name: str, **arguments: object) -> Any:
    """Return a call as Pipecat has it carried out."""

    async def push_frame(*_: Frame) -> None:
        pass

    async def take_result(_: object, **__: object) -> None:
        pass

    return cast(
        Any,
        SimpleNamespace(
            tool_call_id="call-1",
            function_name=name,
            arguments=arguments,
            llm=SimpleNamespace(push_frame=push_frame),
            context=LLMContext(),
            result_callback=take_result,
        ),
    )

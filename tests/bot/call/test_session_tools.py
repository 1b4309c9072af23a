from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

from bot.call.session_tools import open_session_tools
from bot.settings import Settings
from tests.tools.mcp.unkind_mcp import described, open_silence, open_unkind_http


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
            assert time.monotonic() - begun_secs < 0.5
            assert "end_call" in tools.tool_names
            async with asyncio.timeout(10.0):
                while "live__end_call" not in tools.tool_names:  # noqa: ASYNC110 - has no event
                    await asyncio.sleep(0.01)
            leaving_secs = time.monotonic()
        assert time.monotonic() - leaving_secs < 0.5

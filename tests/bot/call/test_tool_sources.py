from __future__ import annotations

from pathlib import Path

import pytest

from bot.call.tool_sources import mcp_servers, operator_tools
from bot.errors import SettingsError
from bot.settings import Settings

_TOOL = """
from tools.tool import tool


@tool()
async def lucky_number() -> int:
    \"\"\"Tell the lucky number.\"\"\"
    return 7
"""


def with_file(settings: Settings, folder: Path, field: str, text: str) -> Settings:
    file = folder / ("own.py" if field == "tools_path" else "servers.json")
    file.write_text(text)
    return settings.model_copy(update={field: file})


def test_nothing_is_added_when_nothing_is_set(settings: Settings) -> None:
    assert operator_tools(settings) == [] and mcp_servers(settings) == {}


def test_a_file_of_tools_is_loaded(settings: Settings, tmp_path: Path) -> None:
    found = operator_tools(with_file(settings, tmp_path, "tools_path", _TOOL))
    assert [tool.name for tool in found] == ["lucky_number"]


@pytest.mark.parametrize(
    "text", ["def broken(:", "x = 1", _TOOL.replace("lucky_number", "end_call")]
)
def test_a_file_that_is_no_tool_is_named_with_its_setting(
    settings: Settings, tmp_path: Path, text: str
) -> None:
    with pytest.raises(SettingsError, match=r"TOOLS_PATH: .*own\.py"):
        operator_tools(with_file(settings, tmp_path, "tools_path", text))


def test_servers_are_read_from_the_file(settings: Settings, tmp_path: Path) -> None:
    text = '{"mcpServers": {"files": {"command": "mcp-files"}}}'
    servers = mcp_servers(with_file(settings, tmp_path, "mcp_servers", text))
    assert servers["files"].command == "mcp-files"


def test_a_bad_list_of_servers_is_named_with_its_setting(
    settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="MCP_SERVERS: "):
        mcp_servers(with_file(settings, tmp_path, "mcp_servers", "{"))

"""Where tools come from besides the project: the operator's files and MCP servers."""

from __future__ import annotations

from bot.errors import SettingsError
from bot.settings import Settings
from tools import TOOLS
from tools.errors import ToolDefinitionError
from tools.loading import load_tools
from tools.mcp.config import McpServer, parse_servers
from tools.tool import Tool


def operator_tools(settings: Settings) -> list[Tool]:
    """Load the tools of `TOOLS_PATH`.

    Raises:
        SettingsError: code "bad_tools"; the message names the file and what is wrong with it.
    """
    if settings.tools_path is None:
        return []
    try:
        return load_tools([settings.tools_path], taken=TOOLS)
    except ToolDefinitionError as error:
        raise SettingsError("bad_tools", f"TOOLS_PATH: {error}") from error


def mcp_servers(settings: Settings) -> dict[str, McpServer]:
    """Read `MCP_SERVERS`.

    Raises:
        SettingsError: code "bad_tools"; the message names the place and the reason.
    """
    if settings.mcp_servers is None:
        return {}
    try:
        return parse_servers(settings.mcp_servers.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("bad_tools", "MCP_SERVERS: the file cannot be read") from error
    except ToolDefinitionError as error:
        raise SettingsError("bad_tools", f"MCP_SERVERS: {error}") from error

"""The MCP project's own reference server, in JavaScript, on either transport."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import psutil

from tests.contract.other_server import SERVERS_DIR
from tests.ports import free_port
from tools.mcp.config import McpServer, parse_servers

_SCRIPT = SERVERS_DIR / "node_modules/@modelcontextprotocol/server-everything/dist/index.js"


def everything_on_stdio() -> dict[str, McpServer]:
    """Return the server as a command, which runs while its tools are open."""
    return _parsed({"command": "node", "args": [str(_SCRIPT), "stdio"]})


@asynccontextmanager
async def open_everything_on_http() -> AsyncGenerator[dict[str, McpServer]]:
    """Serve streamable HTTP until the block ends."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *("node", "--require", SERVERS_DIR / "loopback.cjs", _SCRIPT, "streamableHttp"),
        env={"PATH": os.environ["PATH"], "PORT": str(port)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        assert b"listening" in await process.stderr.readline()
        yield _parsed({"url": f"http://127.0.0.1:{port}/mcp"})
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def kill_everything() -> None:
    """End the servers that this process started."""
    for child in psutil.Process().children(recursive=True):
        if str(_SCRIPT) in child.cmdline():
            child.kill()


def _parsed(server: dict[str, object]) -> dict[str, McpServer]:
    assert _SCRIPT.exists(), "`make setup` installs the servers of the contract tests"
    return parse_servers(json.dumps({"every": server}))

"""Tools of MCP servers, through the official client: a command (stdio) or a URL (streamable HTTP).

What a server says about itself is its own word: its tools need the caller's yes unless they say
that they only read, and its descriptions are text from outside unless the operator trusts it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from loguru import logger
from mcp import MCPError
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from mcp.types import Tool as McpTool

from tools.errors import ArgumentsError, ToolError
from tools.mcp_config import McpServer
from tools.mcp_connection import McpConnection
from tools.outside_schema import cut, function_name, plain_schema
from tools.tool import Effect, Tool, ToolFunction

_MAX_TOOLS = 32
_MAX_ERROR_CHARS = 300


@asynccontextmanager
async def open_mcp_tools(servers: Mapping[str, McpServer]) -> AsyncGenerator[list[Tool]]:
    """Connect to the servers and give their tools, until the end of the block.

    A server that cannot be reached is left out with a warning: the call goes on without it.
    """
    connections = [McpConnection(name, server) for name, server in servers.items()]
    async with AsyncExitStack() as stack:
        for connection in connections:
            stack.push_async_callback(connection.aclose)
        await asyncio.gather(*(connection.open() for connection in connections))
        found = [
            _build_tool(connection, described)
            for connection in connections
            for described in connection.tools[:_MAX_TOOLS]
        ]
        yield [tool for tool in found if tool is not None]


def _build_tool(connection: McpConnection, described: McpTool) -> Tool | None:
    """Return the tool; None, with a warning, if its arguments cannot be described to the model."""
    name = function_name(connection.name, described.name)
    schema = plain_schema(described.input_schema)
    if schema is None:
        logger.warning("MCP tool {} is left out: its arguments are too much to describe", name)
        return None
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError:
        logger.warning("MCP tool {} is left out: its schema is wrong", name)
        return None
    return Tool(
        name=name,
        description=cut(described.description or described.name),
        properties=schema.get("properties", {}),
        required=schema.get("required", []),
        validate=_validator(schema),
        function=_function(connection, described.name),
        effect=_effect(described.annotations),
        timeout_secs=connection.server.timeout_secs,
        is_outside=not connection.server.trusted,
    )


def _effect(annotations: ToolAnnotations | None) -> Effect:
    """Return what the server says; what it does not say is the worst, as the protocol has it."""
    if annotations is None:
        return Effect.IRREVERSIBLE
    if annotations.read_only_hint:
        return Effect.READ
    return Effect.WRITE if annotations.destructive_hint is False else Effect.IRREVERSIBLE


def _validator(schema: dict[str, Any]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    validator = Draft202012Validator({"additionalProperties": False, **schema})

    def validate(arguments: Mapping[str, Any]) -> dict[str, Any]:
        problems = [
            f"{'.'.join(map(str, error.absolute_path)) or 'arguments'}: {error.message[:120]}"
            for error in validator.iter_errors(dict(arguments))
        ]
        if problems:
            raise ArgumentsError("wrong_arguments", "; ".join(problems[:5]))
        return dict(arguments)

    return validate


def _function(connection: McpConnection, name: str) -> ToolFunction:
    async def call(**arguments: Any) -> object:
        if connection.client is None:
            raise ToolError("server_gone", "The service behind this is gone for now.")
        try:
            result = await connection.client.call_tool(name, arguments)
        except MCPError as error:
            message = cut(error.error.message)[:_MAX_ERROR_CHARS]
            raise ToolError("service_failed", message, is_harmless=False) from None
        if result.is_error:
            raise ToolError("tool_failed", _text(result)[:_MAX_ERROR_CHARS], is_harmless=False)
        return result.structured_content or _text(result)

    return call


def _text(result: CallToolResult) -> str:
    """Return the text of a result; sound and pictures become a word."""
    return "\n".join(
        block.text if isinstance(block, TextContent) else f"({block.type})"
        for block in result.content
    )

"""Tools of MCP servers, through the official client: a command (stdio) or a URL (streamable HTTP).

What a server says about itself is its own word. Unless the operator trusts it, its descriptions are
text from outside, and every call needs the caller's yes, also of a tool that is said only to read.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from ssl import SSLContext
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from loguru import logger
from mcp import MCPError
from mcp.types import PARSE_ERROR, CallToolResult, TextContent, ToolAnnotations
from mcp.types import Tool as McpTool

from tools.errors import ArgumentsError, ToolError
from tools.mcp.config import McpServer
from tools.mcp.connection import McpConnection
from tools.mcp.listing import MAX_TOOLS
from tools.mcp.outside_schema import cut, function_name, plain_schema
from tools.tool import Effect, Tool, ToolFunction, one_line

# All of it is part of every request: about 16,000 tokens.
_MAX_SERVER_CHARS = 64_000
_MAX_ERROR_CHARS = 300
_BAD_ANSWER = "The service answered with something that cannot be read."


@asynccontextmanager
async def open_mcp_tools(
    servers: Mapping[str, McpServer],
    *,
    offer: Callable[[list[Tool]], None],
    tls: SSLContext | bool = True,
) -> AsyncGenerator[None]:
    """Connect to the servers while the block runs, beside whatever it does.

    A server that cannot be reached is left out with a warning: the call goes on without it.

    Args:
        servers: By name.
        offer: Takes one server's tools when they are there.
        tls: For HTTPS; True builds a context for each server.
    """
    connections = [McpConnection(name, one, tls=tls) for name, one in servers.items()]
    opening = [
        asyncio.create_task(_open(connection, offer), name=f"mcp-open-{connection.name}")
        for connection in connections
    ]
    try:
        yield
    finally:
        for task in opening:
            task.cancel()
        await asyncio.gather(*opening, return_exceptions=True)
        await asyncio.gather(*(one.aclose() for one in connections), return_exceptions=True)


async def _open(connection: McpConnection, offer: Callable[[list[Tool]], None]) -> None:
    described = await connection.open()
    if len(described) > MAX_TOOLS:
        logger.warning("MCP server {} has too many tools", connection.name)
    found: list[Tool] = []
    chars_left = _MAX_SERVER_CHARS
    for one in described[:MAX_TOOLS]:
        tool = _build_tool(connection, one)
        # Checking a schema takes milliseconds, and somebody may be speaking.
        await asyncio.sleep(0)
        if tool is None:
            continue
        chars_left -= len(tool.description) + len(json.dumps(tool.properties))
        if chars_left < 0:
            logger.warning(
                "MCP server {} describes its tools at too great a length", connection.name
            )
            break
        found.append(tool)
    offer(found)


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
    effect = _effect(described.annotations)
    return Tool(
        name=name,
        description=cut(described.description or described.name),
        properties=schema.get("properties", {}),
        required=schema.get("required", []),
        validate=_validator(schema),
        function=_function(connection, described.name, effect=effect),
        effect=effect,
        timeout_secs=connection.server.timeout_secs,
        title=one_line(described.title or _annotated_title(described.annotations)),
        is_outside=not connection.server.trusted,
    )


def _annotated_title(annotations: ToolAnnotations | None) -> str:
    """Return it from where servers put it before the protocol gave it a place of its own."""
    return (annotations.title if annotations else None) or ""


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


def _function(connection: McpConnection, name: str, *, effect: Effect) -> ToolFunction:
    async def call(**arguments: Any) -> object:
        try:
            result = await connection.call(name, arguments, may_repeat=effect is Effect.READ)
        except MCPError as error:
            is_unreadable = error.error.code == PARSE_ERROR
            message = _BAD_ANSWER if is_unreadable else cut(error.error.message)[:_MAX_ERROR_CHARS]
            raise ToolError("service_failed", message, is_harmless=False) from None
        except (ValueError, RuntimeError):
            # A result of the wrong shape, or not what the server itself has promised.
            raise ToolError("service_failed", _BAD_ANSWER, is_harmless=False) from None
        if result.is_error:
            message = _text(result)[:_MAX_ERROR_CHARS] or "The service says that it failed."
            raise ToolError("tool_failed", message, is_harmless=False)
        return result.structured_content or _text(result)

    return call


def _text(result: CallToolResult) -> str:
    """Return the text of a result; sound and pictures become a word."""
    return "\n".join(
        block.text if isinstance(block, TextContent) else f"({block.type})"
        for block in result.content
    )

"""Stands in for a tool the model made up, so that it is told so and the steps are counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tools.errors import ArgumentsError
from tools.tool import Tool


def unknown_tool(name: str, *, known: Iterable[str]) -> Tool:
    """Return a tool that refuses every call."""
    message = f"There is no tool {name[:64]!r}. There are: {', '.join(sorted(known))}."

    def validate(arguments: Mapping[str, Any]) -> dict[str, Any]:
        raise ArgumentsError("unknown_tool", message)

    async def never() -> None:
        raise AssertionError("a call that is refused does not run")

    return Tool(
        name=name,
        description=message,
        properties={},
        required=[],
        validate=validate,
        function=never,
    )

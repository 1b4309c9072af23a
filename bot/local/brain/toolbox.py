"""The tools a request offers: found by words in their names, filled by their schemas."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.local.brain.conversation import ToolCall


class Toolbox:
    """The functions the brain may call in this request, and no others."""

    def __init__(self, tools: Sequence[Mapping[str, Any]]) -> None:
        self._functions: dict[str, Mapping[str, Any]] = {}
        for tool in tools:
            function = tool.get("function") or {}
            if tool.get("type") == "function" and function.get("name"):
                self._functions[str(function["name"])] = function

    @property
    def names(self) -> list[str]:
        return list(self._functions)

    def only(self, name: str) -> Toolbox:
        """Return a toolbox with one of the tools, or none if it is unknown."""
        function = self._functions.get(name)
        return Toolbox([{"type": "function", "function": function}] if function else [])

    def find(self, *words: str) -> str | None:
        """Return the first tool whose name holds one of the words of every alternative.

        Args:
            words: Each is alternatives parted by `|`; `find("cancel|delete", "appointment")`.
        """
        for name in self._functions:
            parts = set(re.split(r"[^a-z0-9]+", name.lower()))
            if all(_has_any(parts, alternatives.split("|")) for alternatives in words):
                return name
        return None

    def call(self, name: str, values: Mapping[str, Any]) -> ToolCall | None:
        """Return a call of the tool, or None if a required argument has no value.

        Args:
            name: One of `names`.
            values: What is known, by argument name; several names for one thing are parted by
                `|`, as in `"place|city|location"`.
        """
        schema = self._functions[name].get("parameters") or {}
        properties: Mapping[str, Any] = schema.get("properties") or {}
        arguments: dict[str, Any] = {}
        for argument, described in properties.items():
            value = _value_for(argument, values)
            allowed = described.get("enum")
            if value is not None and (not allowed or value in allowed):
                arguments[argument] = value
        missing = [
            argument for argument in schema.get("required") or [] if argument not in arguments
        ]
        return None if missing else ToolCall(name, arguments)


def _has_any(parts: set[str], words: Sequence[str]) -> bool:
    """True when one word is a part of the name, in singular or plural."""
    return any(word in parts or f"{word}s" in parts for word in words)


def _value_for(argument: str, values: Mapping[str, Any]) -> object:
    parts = set(re.split(r"[^a-z0-9]+", argument.lower()))
    for names, value in values.items():
        if value is not None and _has_any(parts, names.split("|")):
            return value
    return None

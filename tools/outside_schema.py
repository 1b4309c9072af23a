"""Makes the description of an outside tool small, plain and harmless to the request."""

from __future__ import annotations

import json
import re
from typing import Any, cast

# The schemas of all tools are part of every request.
MAX_DESCRIPTION_CHARS = 600
MAX_SCHEMA_CHARS = 6000
_MAX_NAME_CHARS = 64
_MAX_DEPTH = 12
_LEFT_OUT = ("$defs", "definitions", "$schema")


def function_name(server: str, tool: str) -> str:
    """Return a name the model API accepts; the server's name keeps it from shadowing another."""
    plain = re.sub(r"[^a-zA-Z0-9_-]+", "_", f"{server}_{tool}")
    return plain[:_MAX_NAME_CHARS]


def plain_schema(schema: dict[str, Any]) -> dict[str, Any] | None:
    """Return an argument schema without references and long texts; None if it is too big."""
    definitions = {**schema.get("definitions", {}), **schema.get("$defs", {})}
    plain = _plain(schema, definitions, _MAX_DEPTH)
    if not isinstance(plain, dict) or len(json.dumps(plain)) > MAX_SCHEMA_CHARS:
        return None
    return cast("dict[str, Any]", plain)


def cut(text: str) -> str:
    """Return a description of bounded length on one line."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_DESCRIPTION_CHARS else line[: MAX_DESCRIPTION_CHARS - 1] + "…"


def _plain(value: object, definitions: dict[str, Any], depth: int) -> object:
    if depth == 0:
        return {}
    if isinstance(value, list):
        items = cast("list[object]", value)
        return [_plain(item, definitions, depth - 1) for item in items]
    if not isinstance(value, dict):
        return value
    schema = cast("dict[str, Any]", value)
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return _plain(definitions.get(reference.rpartition("/")[2], {}), definitions, depth - 1)
    kept = {key: item for key, item in schema.items() if key not in _LEFT_OUT}
    if isinstance(kept.get("description"), str):
        kept["description"] = cut(kept["description"])
    return {key: _plain(item, definitions, depth - 1) for key, item in kept.items()}

"""Makes the description of an outside tool small, plain and harmless to the request."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, cast

# The schemas of all tools are part of every request.
MAX_DESCRIPTION_CHARS = 600
MAX_SCHEMA_CHARS = 6000
_MAX_NAME_CHARS = 64
_DIGEST_CHARS = 8
# One pair of underscores, and none beside it: server and tool can be told apart.
_PLAIN_NAME = re.compile(r"(?!_)(?:[a-zA-Z0-9-]|_(?!_))*(?<!_)__(?!_)(?:[a-zA-Z0-9-]|_(?!_))+")
_MAX_DEPTH = 12
_MAX_NODES = 2000
_LEFT_OUT = ("$defs", "definitions", "$schema", "patternProperties")


def function_name(server: str, tool: str) -> str:
    """Return the name `server__tool`, in a form that the model's API accepts.

    The same pair always has the same name, and no other pair has it: where something had to be
    changed, or where the server's name ends cannot be seen, a digest of both is part of the name.
    """
    name = f"{server}__{tool}"
    if _PLAIN_NAME.fullmatch(name) and len(name) <= _MAX_NAME_CHARS:
        return name
    digest = hashlib.sha256(f"{server}\0{tool}".encode()).hexdigest()[:_DIGEST_CHARS]
    plain = re.sub(r"[^a-zA-Z0-9_-]+", "_", name)[: _MAX_NAME_CHARS - _DIGEST_CHARS - 1]
    return f"{plain}_{digest}"


def plain_schema(schema: dict[str, Any]) -> dict[str, Any] | None:
    """Return an argument schema without references and long texts; None if it is too big."""
    try:
        definitions = {**schema.get("definitions", {}), **schema.get("$defs", {})}
        plain = _Plain(definitions).of(schema)
    except (TypeError, OverflowError):
        return None
    if not isinstance(plain, dict) or len(json.dumps(plain)) > MAX_SCHEMA_CHARS:
        return None
    return cast("dict[str, Any]", plain)


def cut(text: str) -> str:
    """Return a description of bounded length on one line, without what nobody sees."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= MAX_DESCRIPTION_CHARS else line[: MAX_DESCRIPTION_CHARS - 1] + "…"


class _Plain:
    """Writes a schema anew, its definitions in place of the references to them."""

    def __init__(self, definitions: dict[str, Any]) -> None:
        self._definitions = definitions
        self._nodes_left = _MAX_NODES

    def of(self, value: object, depth: int = _MAX_DEPTH) -> object:
        """Return the plain form.

        Raises:
            OverflowError: it is far too big; a few references can stand for millions of nodes.
        """
        self._nodes_left -= 1
        if self._nodes_left < 0:
            raise OverflowError
        if depth == 0:
            return {}
        if isinstance(value, list):
            return [self.of(item, depth - 1) for item in cast("list[object]", value)]
        if not isinstance(value, dict):
            return value
        schema = cast("dict[str, Any]", value)
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return self.of(self._definitions.get(reference.rpartition("/")[2], {}), depth - 1)
        kept = {key: item for key, item in schema.items() if not _is_left_out(key, item)}
        if isinstance(kept.get("description"), str):
            kept["description"] = cut(kept["description"])
        kind = kept.get("type")
        if kind == "array" or (isinstance(kind, list) and "array" in kind):
            kept.setdefault("items", {})  # without it OpenAI refuses the whole request
        return {key: self.of(item, depth - 1) for key, item in kept.items()}


def _is_left_out(key: str, value: object) -> bool:
    # A pattern of somebody else's can keep `re` busy for minutes. A property may be called so.
    return key in _LEFT_OUT or (key == "pattern" and isinstance(value, str))

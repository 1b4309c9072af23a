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

# What is kept of a schema, by what its value is. A pattern could keep `re` busy for minutes,
# a reference could make the validator fetch an address, and a few of the rest stand for much work.
_SCHEMAS = {"items", "additionalProperties", "not"}
_LISTS_OF_SCHEMAS = {"anyOf", "oneOf", "allOf", "prefixItems"}
_MAPS_OF_SCHEMAS = {"properties"}
_VALUES = {"enum", "const", "default", "required", "type"}
_TEXTS = {"description"}
_NUMBERS = {
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
}


def function_name(server: str, tool: str) -> str:
    """Return the name `server__tool`, in a form that the model's API accepts.

    The same pair always has the same name, and no other pair has it: where something had to be
    changed, or where the server's name ends cannot be seen, a digest of both is part of the name.
    """
    name = f"{server}__{tool}"
    if _PLAIN_NAME.fullmatch(name) and len(name) <= _MAX_NAME_CHARS:
        return name
    digest = hashlib.sha256(f"{server}\0{tool}".encode(errors="replace")).hexdigest()
    plain = re.sub(r"[^a-zA-Z0-9_-]+", "_", name)[: _MAX_NAME_CHARS - _DIGEST_CHARS - 1]
    return f"{plain}_{digest[:_DIGEST_CHARS]}"


def plain_schema(schema: dict[str, Any]) -> dict[str, Any] | None:
    """Return an argument schema without references and long texts; None if it is too big."""
    try:
        definitions = {**schema.get("definitions", {}), **schema.get("$defs", {})}
        plain = _Plain(definitions).schema(schema, _MAX_DEPTH)
    except (TypeError, OverflowError):
        return None
    if not isinstance(plain, dict) or len(json.dumps(plain)) > MAX_SCHEMA_CHARS:
        return None
    return cast("dict[str, Any]", plain)


def cut(text: str) -> str:
    """Return a description of bounded length on one line, without what nobody sees."""
    # Of a huge text only its beginning is looked at.
    head = text[: 10 * MAX_DESCRIPTION_CHARS]
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in head).split())
    is_whole = len(line) <= MAX_DESCRIPTION_CHARS and len(head) == len(text)
    return line if is_whole else line[: MAX_DESCRIPTION_CHARS - 1] + "…"


class _Plain:
    """Writes a schema anew, its definitions in place of the references to them."""

    def __init__(self, definitions: dict[str, Any]) -> None:
        self._definitions = definitions
        self._nodes_left = _MAX_NODES
        self._chars_left = MAX_SCHEMA_CHARS

    def schema(self, value: object, depth: int) -> object:
        """Return the plain form of a schema.

        Raises:
            OverflowError: it is far too big; a few references can stand for millions of nodes.
        """
        self._count(1)
        if depth == 0:
            return {}
        if not isinstance(value, dict):
            return value if isinstance(value, bool) else {}
        schema = cast("dict[str, Any]", value)
        reference = schema.get("$ref")
        if isinstance(reference, str):
            target = self._definitions.get(reference.rpartition("/")[2], {})
            return self.schema(target, depth - 1)
        plain: dict[str, Any] = {}
        for key, item in schema.items():
            self._count(1)
            kept = self._kept(key, item, depth)
            if kept is not None:
                plain[key] = kept
        kind = plain.get("type")
        if kind == "array" or (isinstance(kind, list) and "array" in kind):
            plain.setdefault("items", {})  # without it OpenAI refuses the whole request
        return plain

    def _kept(self, key: str, item: object, depth: int) -> object | None:
        """Return what stays of one keyword; None if nothing does."""
        if key in _SCHEMAS:
            return self.schema(item, depth - 1)
        if key in _LISTS_OF_SCHEMAS and isinstance(item, list):
            return [self.schema(one, depth - 1) for one in cast("list[object]", item)]
        if key in _MAPS_OF_SCHEMAS and isinstance(item, dict):
            named = cast("dict[str, object]", item)
            return {self._text(name): self.schema(one, depth - 1) for name, one in named.items()}
        if key in _VALUES:
            return self._value(item, depth - 1)
        if key in _TEXTS and isinstance(item, str):
            return cut(item)
        is_number = isinstance(item, int | float) and not isinstance(item, bool)
        return self._value(item, depth) if key in _NUMBERS and is_number else None

    def _value(self, value: object, depth: int) -> object:
        """Return a value that a schema names, whole."""
        self._count(1)
        if depth == 0:
            raise OverflowError
        if isinstance(value, list):
            return [self._value(item, depth - 1) for item in cast("list[object]", value)]
        if isinstance(value, dict):
            items = cast("dict[str, object]", value).items()
            return {self._text(key): self._value(item, depth - 1) for key, item in items}
        if isinstance(value, int):
            self._chars_left -= value.bit_length() // 3
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        self._chars_left -= len(text)
        self._count(1)
        return text

    def _count(self, nodes: int) -> None:
        self._nodes_left -= nodes
        if self._nodes_left < 0 or self._chars_left < 0:
            raise OverflowError

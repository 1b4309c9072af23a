"""What a call says of itself to its OpenAPI schema, which nobody is served: tests hold it to it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypedDict, cast

from pydantic import BaseModel

from bot.http.wire import ErrorAnswer

_UNFIT_BODY = (400, 413, 415, 422)


class Declared(TypedDict):
    """Arguments of a route."""

    responses: dict[int | str, dict[str, Any]]
    openapi_extra: dict[str, Any]


def declared(
    *statuses: int,
    body: type[BaseModel] | None = None,
    headers: Mapping[str, dict[str, Any]] | None = None,
) -> Declared:
    """Return what a route says beside its answer.

    Args:
        statuses: Of its refusals; 403 is every call's, and an unfit body's come with `body`.
        body: What it reads as JSON, where it reads any; nothing at all is as good as `{}`.
        headers: What it looks at besides, with the schema of each.
    """
    refusals = {403, *statuses, *(_UNFIT_BODY if body else ())}
    extra: dict[str, Any] = {}
    if body is not None:
        schema = body.model_json_schema()
        whole = _whole(schema, schema.pop("$defs", {}))
        is_needed = "required" in schema
        extra["requestBody"] = {
            "required": is_needed,
            "content": {"application/json": {"schema": whole}},
        }
    if headers:
        extra["parameters"] = [
            {"name": name, "in": "header", "schema": schema} for name, schema in headers.items()
        ]
    return Declared(
        responses={
            status: {"model": ErrorAnswer, "description": HTTPStatus(status).phrase}
            for status in sorted(refusals)
        },
        openapi_extra=extra,
    )


def _whole(node: object, parts: dict[str, Any]) -> object:
    """Return a schema with its parts in place of the references to them."""
    if isinstance(node, list):
        return [_whole(item, parts) for item in cast("list[object]", node)]
    if not isinstance(node, dict):
        return node
    schema = cast("dict[str, Any]", node)
    if reference := schema.get("$ref"):
        return _whole(parts[str(reference).rpartition("/")[2]], parts)
    return {key: _whole(value, parts) for key, value in schema.items()}

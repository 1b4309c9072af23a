"""Text as it may be sent on, whatever a server has made of it."""

from __future__ import annotations

from typing import Any, TypeVar, cast

T = TypeVar("T")


def whole(value: T) -> T:
    """Return a text, or an object of JSON with all texts in it, without halves of characters.

    JSON can hold them, UTF-8 cannot: one in the conversation's memory would fail each later
    request. Halves that belong together are put together, others are left out.
    """
    return cast("T", _whole(value))


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        if value.isascii():
            return value
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list):
        return [_whole(item) for item in cast("list[Any]", value)]
    return value

"""Joins the pieces of a reply's tool calls, whatever way the server streams them.

Servers send several calls at the same index or at none, with the same id or none, with the name in
each piece, with arguments that begin with an empty string or an empty object, or come as an object.
"""

from __future__ import annotations

import ast
import json
import re
import uuid
from collections.abc import Collection, Iterator
from typing import Any, cast

from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall, ChoiceDeltaToolCallFunction

from ...provider_requests import EmptyAnswerError
from .reply_pieces import CallPiece

_ID_CHARS = 9
"""Mistral accepts an id of nine letters and digits only; for all others an id is an id."""

_FENCE = re.compile(r"^\s*```\w*|```\s*$")
_STRAY_COMMA = re.compile(r",\s*([}\]])")


class WholeCalls:
    """Collects the calls of one reply.

    Args:
        names: Of the tools the model was offered.
        used_ids: Ids of calls there have been; those of this reply are added.
    """

    def __init__(self, *, names: Collection[str], used_ids: set[str]) -> None:
        self._names = names
        self._used_ids = used_ids
        self._calls: list[_Call] = []

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def are_complete(self) -> bool:
        """Whether each call has arguments, and all of them."""
        return all(call.is_complete for call in self._calls)

    def add(self, piece: CallPiece) -> None:
        """Join a piece with the call it belongs to, or begin a new one."""
        begun = self._begun(piece)
        if begun is None:
            self._calls.append(_Call(piece))
        else:
            begun.add(piece)

    def finish(self) -> Iterator[tuple[ChoiceDeltaToolCall, dict[str, Any]]]:
        """Yield the calls in order, each with what the server wants back with it.

        Raises:
            EmptyAnswerError: The arguments of a call are not a JSON object.
        """
        whole = [
            (call, arguments)
            for call in self._calls
            if call.name
            for arguments in _plain_arguments(call.arguments)
        ]
        for index, (call, arguments) in enumerate(whole):
            function = ChoiceDeltaToolCallFunction(name=self._known(call.name), arguments=arguments)
            call_id = self._unique(call.call_id)
            yield (
                ChoiceDeltaToolCall(index=index, id=call_id, type="function", function=function),
                call.extra,
            )

    def _begun(self, piece: CallPiece) -> _Call | None:
        """Return the call this piece goes on with; None if it begins one."""
        same_id = [call for call in self._calls if piece.call_id and call.call_id == piece.call_id]
        same_index = [call for call in self._calls if call.index == piece.index]
        if piece.call_id and piece.index is None:
            # Without an index, a new id is a new call; its name may come later.
            same_index = []
        is_new = bool(piece.call_id) and not same_index
        if not piece.name:
            found = same_id or same_index or ([] if is_new else self._calls)
            return found[-1] if found else None
        found = same_id or (same_index if not piece.call_id else [])
        begun = found[-1] if found else None
        return begun if begun is not None and self._goes_on(begun, piece.name) else None

    def _goes_on(self, begun: _Call, name: str) -> bool:
        """Tell whether a piece with a name belongs to the call, which may have one."""
        if not begun.name or begun.name + name in self._names:
            return True
        # A name that is repeated is one call as long as its arguments are not complete.
        return begun.name == name and not begun.is_complete

    def _known(self, name: str) -> str:
        """Return the offered tool this name means; the name itself if there is none."""
        if name in self._names:
            return name
        # As in "functions.look_up", "default_api:look_up", "look_up<|channel|>commentary".
        bare = name.partition("<")[0].replace(":", ".").rpartition(".")[2].strip()
        for known in self._names:
            if _folded(known) == _folded(bare):
                return known
        return name

    def _unique(self, call_id: str) -> str:
        if not call_id or call_id in self._used_ids:
            call_id = uuid.uuid4().hex[:_ID_CHARS]
        self._used_ids.add(call_id)
        return call_id


class _Call:
    def __init__(self, piece: CallPiece) -> None:
        self.index = piece.index
        self.call_id = piece.call_id
        self.name = piece.name
        self.arguments = piece.arguments
        self.extra = dict(piece.extra)

    @property
    def is_complete(self) -> bool:
        return bool(_objects(self.arguments))

    def add(self, piece: CallPiece) -> None:
        self.call_id = self.call_id or piece.call_id
        if piece.name != self.name:
            self.name += piece.name
        self.arguments += piece.arguments
        self.extra.update(piece.extra)


def _plain_arguments(text: str) -> list[str]:
    """Return the arguments as JSON objects: of one call, or of several that were run together.

    Raises:
        EmptyAnswerError: They are something else.
    """
    if text.strip() in ("", "null"):
        return ["{}"]
    objects = _objects(text)
    if objects is None:
        objects = _objects(_unquoted(text))
    if objects is None:
        objects = _objects(_mended(text))
    if objects is None:
        raise EmptyAnswerError("a tool call with malformed arguments")
    # An empty object may come first, and a last piece may say the whole once more.
    return list(dict.fromkeys(json.dumps(value) for value in objects if value)) or ["{}"]


def _objects(text: str) -> list[dict[str, Any]] | None:
    """Return the JSON objects the text consists of; None if there is anything else in it."""
    # Some models write line ends into their strings as they are; "NaN" is no JSON to a server.
    decoder = json.JSONDecoder(strict=False, parse_constant=lambda _: None)
    found: list[dict[str, Any]] = []
    text = text.strip()
    while text:
        try:
            value, end = decoder.raw_decode(text)
        except ValueError:
            return None
        if not isinstance(value, dict):
            return None
        found.append(cast("dict[str, Any]", value))
        text = text[end:].strip()
    return found


def _unquoted(text: str) -> str:
    """Return the inside of arguments that were encoded twice."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return "?"
    return value if isinstance(value, str) and value.strip() else "?"


def _mended(text: str) -> str:
    """Return arguments as JSON that were fenced, have a comma too many, or are Python's."""
    text = _FENCE.sub("", text).strip()
    try:
        return json.dumps(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return _STRAY_COMMA.sub(r"\1", text)


def _folded(name: str) -> str:
    return name.lower().replace("-", "_")

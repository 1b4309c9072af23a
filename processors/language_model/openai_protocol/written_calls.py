"""Finds the tool calls that a model writes as text, so that they are made and not read aloud.

A server that does not know its model's format, or is started without its parser, lets them through.
What may be the beginning of a call is held back to the end of the reply.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, cast

from .reply_pieces import CallPiece, call_piece

_MARKS = ("[TOOL_CALLS]", "<function", "<tool", "<invoke", "<minimax:tool_call")
"""Mistral; Llama, Qwen; Hermes, Nemotron; Claude, MiniMax. Marks in bars are taken out before."""
_FENCE = r"[ \t]*(?:```\w*\s*)?"
_LAST_LINE = re.compile(rf"\n({_FENCE}[^\n]*)\Z")
_OPENING = re.compile(rf"{_FENCE}[\[{{\s]*(?:functions?\.?)?")
_INVOKE = re.compile(r'<invoke name="([^"]+)">(.*?)(?=<invoke|\Z)', re.DOTALL)
_PARAMETER = re.compile(r'<parameter name="([^"]+)"[^>]*>(.*?)</parameter>', re.DOTALL)
_BETWEEN = re.compile(r"(?:\.call|json|ARGS|\d|[^\w({]){0,60}(?=[({])")
"""Of a tool's name and its arguments: the marks and fences of the formats."""


class WrittenCalls:
    """Fed with what is to be spoken of one reply, returns it without the calls in it.

    Args:
        names: Of the tools the model was offered.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._names = tuple(names)
        known = "|".join(map(re.escape, names))
        marks = "|".join(map(re.escape, _MARKS))
        self._trigger = re.compile(
            rf'(?i:{marks})|(?<=\n){_FENCE}(?:\{{\s*"|\[\s*\{{|'
            rf"\[?(?:functions?\.?)?(?:{known})(?:[({{\[<`]|:\d|\.call\(|\s*```))"
        )
        self._begun_line = re.compile(rf"\n{_FENCE}\[?(?:functions?\.?)?(?:{known})[\s`.cal:]*\Z")
        self._signs = re.compile(rf'"name"\s*:|(?:{known})(?!\w)')
        self._known = re.compile(rf"\{{|(?<!\w)(?:{known})(?!\w)|(?<=function)(?:{known})(?!\w)")
        self._rest = ""
        self._is_line_start = True
        self.is_holding = False
        """Whether what comes may be a call."""
        self.calls: list[CallPiece] = []

    def feed(self, text: str) -> str:
        """Return what can be spoken."""
        if not self._names or self.is_holding:
            self._rest += text if self.is_holding else ""
            return "" if self.is_holding else text
        text = "\n" * self._is_line_start + self._rest + text
        found = self._trigger.search(text)
        self.is_holding = found is not None
        return self._pass(text, found.start() if found else len(text) - self._begun_chars(text))

    def finish(self) -> str:
        """Return what was held back and is no call, nor a broken one."""
        if self.is_holding:
            self.calls = [*self._find(self._rest)]
        is_call = self.is_holding and self._signs.search(self._rest)
        return "" if self.calls or is_call else self._rest

    def _pass(self, text: str, end: int) -> str:
        """Pass on the text up to here; a line end in front of it was passed on before."""
        ready, self._rest = text[self._is_line_start : end], text[end:]
        self._is_line_start = text[:end].endswith("\n")
        return ready

    def _begun_chars(self, text: str) -> int:
        """Return how many characters at the end may be the beginning of a call."""
        if begun := self._begun_line.search(text):
            return len(text) - begun.start() - 1
        if line := _LAST_LINE.search(text):
            opening = _OPENING.match(line[1])
            rest = line[1][opening.end() :] if opening else line[1]
            if rest in ("`", "``") or any(name.startswith(rest) for name in self._names):
                return len(line[1])
            if "functions.".startswith(rest):
                return len(line[1])
        at = max(text.rfind("<"), text.rfind("["))
        tail = text[at:].lower() if at >= 0 else ""
        is_begun = tail and any(mark.lower().startswith(tail) for mark in _MARKS)
        return len(tail) if is_begun else 0

    def _find(self, text: str) -> Iterator[CallPiece]:
        for name, inner in _INVOKE.findall(text):
            values = {key: _plain(value) for key, value in _PARAMETER.findall(inner)}
            yield call_piece({"name": name, "arguments": values})
        at = 0
        while found := self._known.search(text, at):
            at = found.end()
            name, start = found.group(), found.start()
            if name != "{":
                between = _BETWEEN.match(text, at)
                start = between.end() if between else len(text)
            arguments, end = _arguments(text, start)
            if arguments is None:
                continue
            call = arguments if name == "{" else {"name": name, "arguments": arguments}
            function: object = call.get("function")
            call = cast("Mapping[str, Any]", function) if isinstance(function, dict) else call
            if "name" in call and ("arguments" in call or "parameters" in call):
                at = end
                yield call_piece(call)


def _arguments(text: str, start: int) -> tuple[dict[str, Any] | None, int]:
    """Return the JSON object, or Python's named arguments, that begin here, and their end."""
    if text.startswith("{", start):
        try:
            value, end = json.JSONDecoder(strict=False).raw_decode(text, start)
        except ValueError:
            return None, start
        return cast("dict[str, Any]", value), end
    for close in re.finditer(r"\)", text[start:]):
        end = start + close.end()
        try:
            call = ast.parse(f"f{text[start:end]}", mode="eval").body
            if isinstance(call, ast.Call) and not call.args:
                return {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}, end
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    return None, start


def _plain(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text

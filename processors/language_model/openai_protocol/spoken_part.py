"""Tells what of a model's text is for the caller: not its thoughts, nor the marks of its template.

A server that parses its model's output sends thoughts and calls in fields of their own. Others let
them through as text, in the marks of the model family.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, cast

from ...characters import whole
from .reply_pieces import CallPiece, call_piece

_THOUGHTS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "<seed:think>": "</seed:think>",
    "[think]": "[/think]",
    "◁think▷": "◁/think▷",
    "<|channel>": "<channel|>",
}
"""DeepSeek, Qwen and most others; Claude; Gemini; ...; Seed; Magistral; Kimi; Gemma."""

_CALL, _CALL_END = "<tool_call>", "</tool_call>"
_LONE = (
    "<answer>",
    "</answer>",
    "</s>",
    "<s>",
    "<end_of_turn>",
    "<start_of_turn>",
    "<eos>",
    "<bos>",
)
_FIXED = (*_THOUGHTS, *_THOUGHTS.values(), _CALL, _CALL_END, *_LONE)

# As in "<|im_end|>", and with the wide bars of DeepSeek's.
_SPECIAL = r"<[|｜][^|｜<>\n]{1,40}[|｜]>"
_MARK = re.compile("|".join([*map(re.escape, _FIXED), _SPECIAL]), re.IGNORECASE)
_SPECIAL_BEGUN = re.compile(r"<[|｜][^|｜<>\n]{0,40}[|｜]?")
_MARK_STARTS = "<[◁"

_HALF = re.compile("[\ud800-\udfff]")
"""Half of a character outside the basic plane, which JSON can hold and speech cannot."""


class _In(Enum):
    SPEECH = auto()
    THOUGHT = auto()
    CALL = auto()
    HEADER = auto()
    """Of a message in the Harmony format, "<|channel|>analysis<|message|>"."""


class SpokenPart:
    """Fed with the text of one reply, it returns what of it is to be spoken.

    Args:
        begins_thinking: The template has opened the thought, so only its end will be in the text.
            If that never comes, all of the text was the reply.
    """

    def __init__(self, *, begins_thinking: bool = False) -> None:
        self._state = _In.THOUGHT if begins_thinking else _In.SPEECH
        self.is_guess = begins_thinking
        """Whether it is still not known that the text begins with a thought."""
        self._rest = ""
        self._before_call = _In.SPEECH
        self._inside = ""
        self._header = ""
        self._lead: str | None = ""
        self.thought_chars = 0
        """How much has been kept from the caller."""
        self.was_opened_before = False
        """A thought ended that had not begun in the text: all until then was no speech."""
        self.calls: list[CallPiece] = []
        """Calls the model wrote as text."""

    def feed(self, text: str) -> str:
        """Return what can be spoken; empty until there is a letter or a digit to speak."""
        self._rest = _joined(self._rest + text)
        spoken: list[str] = []
        while match := _MARK.search(self._rest):
            self._take(self._rest[: match.start()], spoken)
            self._rest = self._rest[match.end() :]
            had_opened = self.was_opened_before
            self._pass(match.group().lower())
            if self.was_opened_before and not had_opened:
                spoken.clear()
                self._lead = ""
        complete = len(self._rest) - _begun_chars(self._rest)
        self._take(self._rest[:complete], spoken)
        self._rest = self._rest[complete:]
        return self._without_lead("".join(spoken))

    def finish(self) -> str:
        """Return what is left to be spoken."""
        spoken: list[str] = []
        self._take(_HALF.sub("", self._rest), spoken)
        self._rest = ""
        if self.is_guess:
            spoken.append(self._inside)
            self.thought_chars = 0
        if self._state is _In.CALL:
            self._pass(_CALL_END)
        return self._without_lead("".join(spoken))

    def _take(self, text: str, spoken: list[str]) -> None:
        if self._state is _In.SPEECH:
            spoken.append(text)
            return
        if self._state is _In.HEADER:
            self._header += text
        elif self._state is _In.CALL or self.is_guess or self._header:
            self._inside += text
        self.thought_chars += len(text)

    def _pass(self, mark: str) -> None:
        """Go from one state to the next."""
        if mark in _THOUGHTS:
            self._enter(_In.THOUGHT)
        elif mark in _THOUGHTS.values():
            is_first = self._state is _In.SPEECH and not self.thought_chars
            self.was_opened_before |= is_first or self.is_guess
            self._enter(_In.SPEECH)
        elif mark == _CALL:
            self._before_call = self._state
            self._enter(_In.CALL)
        elif mark == _CALL_END and self._state is _In.CALL:
            self._add_call(_object(self._inside) or _tagged(self._inside))
            # Some models call in the middle of a thought.
            self._enter(self._before_call)
        elif mark in ("<|channel|>", "<|start|>", "<|start_header_id|>"):
            self._enter(_In.HEADER)
        elif mark == "<|message|>" and self._state is _In.HEADER:
            is_final = "final" in self._header or self._header.strip() in ("", "assistant")
            self._state = _In.SPEECH if is_final else _In.THOUGHT
        elif mark == "<|call|>":
            if found := re.search(r"to=([\w.]+)", self._header):
                self._add_call({"name": found[1], "arguments": self._inside})
            self._enter(_In.SPEECH)
        elif mark in ("<|end|>", "<|return|>", "<|end_header_id|>"):
            self._enter(_In.SPEECH)

    def _enter(self, state: _In) -> None:
        self._state, self._inside, self._header, self.is_guess = state, "", "", False

    def _add_call(self, call: Mapping[str, Any]) -> None:
        piece = call_piece(call)
        if piece.name:
            self.calls.append(piece)

    def _without_lead(self, text: str) -> str:
        """Hold back what nobody would hear, so that a reply of nothing else is none."""
        if self._lead is None:
            return text
        self._lead += text
        if not any(character.isalnum() for character in self._lead):
            return ""
        text, self._lead = self._lead.lstrip(), None
        return text


def _joined(text: str) -> str:
    """Put halves of characters together; what stays a half is dropped, but at the end."""
    if not _HALF.search(text):
        return text
    end = text[-1] if "\ud800" <= text[-1] <= "\udbff" else ""
    return whole(text.removesuffix(end)) + end


def _begun_chars(text: str) -> int:
    """Return how many characters at the end may be the beginning of a mark, or of one another."""
    if _HALF.search(text[-1:]):
        return 1
    at = max(text.rfind(start) for start in _MARK_STARTS)
    if at < 0:
        return 0
    tail = text[at:]
    is_fixed = any(mark.startswith(tail.lower()) for mark in _FIXED)
    is_begun = is_fixed or _SPECIAL_BEGUN.fullmatch(tail)
    return len(tail) if is_begun else 0


def _tagged(text: str) -> Mapping[str, Any]:
    """Read a call as Qwen's coders and GLM write it: a function, with its parameters in tags."""
    function = re.search(r"<function=([^>]+)>", text) or re.match(r"\s*([^\s<]+)\s*<arg_key>", text)
    if function is None:
        return {}
    pairs = re.findall(r"<parameter=([^>]+)>(.*?)</parameter>", text, re.DOTALL)
    pairs += re.findall(r"<arg_key>(.*?)</arg_key>\s*<arg_value>(.*?)</arg_value>", text, re.DOTALL)
    arguments = {name: _plain_value(value.strip()) for name, value in pairs}
    return {"name": function[1].strip(), "arguments": arguments}


def _plain_value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _object(text: str) -> Mapping[str, Any]:
    try:
        value: object = json.loads(text)
    except ValueError:
        return {}
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}

"""What model servers send, a row for each kind of oddity, and what the caller is to hear of it.

The names are those of the table in docs/model-servers.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.unkind_server import (
    Answer,
    call,
    calls,
    chunk,
    closes,
    plain,
    raw,
    split,
    sse,
    text,
    wire,
)

WORDS = "It is noon."
SORRY = "Sorry, I lost that."
CUT = "That was cut short."


@dataclass(frozen=True)
class Row:
    """One oddity."""

    name: str
    answers: tuple[Answer, ...]
    heard: str = WORDS
    looked_up: tuple[int, ...] = ()
    """Numbers for which the tool ran, once each."""
    asked: int = 1
    """Requests made for it, without the one that tells the result of a call."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])


def _words(name: str, *events: object, **options: Any) -> Row:
    """A row whose one stream is heard as `WORDS`."""
    return Row(name, (sse(*events, **options),))


def _calls(name: str, *pieces: dict[str, Any], numbers: tuple[int, ...] = (1, 2)) -> Row:
    return Row(name, (calls(*pieces), text(WORDS)), looked_up=numbers)


def _say(words: str, **more: Any) -> dict[str, Any]:
    return chunk({"content": words}, **more)


def _one(number: int) -> str:
    return json.dumps({"number": number})


_END = chunk({}, finish="stop")
_SAID = (_say("It is "), _say("noon."), _END)
_USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
_COMPLETION = {
    "object": "chat.completion",
    "choices": [{"index": 0, "message": {"content": WORDS}, "finish_reason": "stop"}],
    "usage": _USAGE,
}
_BAD = "data: {broken"

EVENTS = [
    _words("id then comment", "id: 1", ": comment", *_SAID),
    _words("comments before and between", ": OPENROUTER PROCESSING", _SAID[0], ": x", *_SAID[1:]),
    _words("ping events", "event: ping\ndata: {}", "data: ping", *_SAID, "event: ping\ndata:"),
    _words("retry and empty data", "retry: 3000", "data:", *_SAID),
    _words("CRLF", *_SAID, newline="\r\n"),
    _words("CR", *_SAID, newline="\r"),
    Row("BOM", (sse(b"\xef\xbb\xbf", *_SAID),)),
    Row("data without a space", (raw(wire(*_SAID).replace(b"data: ", b"data:")),)),
    Row("no empty lines", (raw(wire(*_SAID).replace(b"\n\n", b"\n")),)),
    Row("a value over several lines", (
        raw(b"data: " + json.dumps(_say(WORDS), indent=1).replace("\n", "\ndata: ").encode()
            + b"\n\n" + wire(_END)),)),
    Row("bytes one by one", (
        raw(*split(wire(_say("Es ist zw\u00f6lf \U00020bb7."), _END), [1] * 400)),),
        heard="Es ist zw\u00f6lf \U00020bb7."),
    Row("everything in one piece", (raw(wire(*_SAID, "data: [DONE]")),)),
    Row("no empty line at the end", (raw(wire(*_SAID).rstrip()),)),
    _words("no DONE", *_SAID, done=False),
    _words("no finish reason", *_SAID[:2]),
    _words("neither, but a whole sentence", *_SAID[:2], done=False),
    _words("data after DONE", *_SAID, "data: [DONE]", _say(" And more.")),
    _words("hangs after the end", *_SAID, done=False, end="hang"),
    _words("breaks off after the end", *_SAID, done=False, end="abort"),
    Row("several values in an event", (sse(f"data: {json.dumps(_SAID)}"),)),
    Row("a list of values as plain JSON", (plain(json.dumps(_SAID, indent=1).encode()),)),
    _words("a gigantic event", _say("It is ", padding="x" * 300_000), *_SAID[1:]),
]  # fmt: skip

SHAPES = [
    _words("empty choices first", chunk() | {"choices": [], "prompt_filter_results": []}, *_SAID),
    _words("choices null or missing", {"id": "c"}, {"choices": None}, *_SAID),
    _words("a choice without delta", *_SAID[:2], {"choices": [{"index": 0}]}, _END),
    _words("delta null", chunk(None), *_SAID),
    _words("a choice with another index", {"choices": [{"index": 1, "delta": {"content": WORDS}}]},
           _END),
    Row("a character in two halves", (sse(_say("It is \ud842"), _say("\udfb7 noon.\ud842"), _END),),
        heard="It is \U00020bb7 noon."),
    _words("usage with nulls", *_SAID, {"choices": [], "usage": dict.fromkeys(_USAGE)}),
    _words("usage before the last words", _say("It is ", usage=_USAGE), *_SAID[1:]),
    _words("role alone, again and again", *[chunk({"role": "assistant"})] * 3, *_SAID),
    _words("stop with every piece", _say("It is ") | {"choices": [
        {"index": 0, "delta": {"content": "It is "}, "finish_reason": "stop"}]},
        chunk({"content": "noon."}, finish="stop")),
    _words("all of it again in each event", _say("It"), _say("It is"), _say(WORDS), _END),
    _words("all of it again at the end", *_SAID[:2], chunk({"content": WORDS}, finish="stop")),
    Row("nothing but a listing", (text("```\nx = 1\n", "y = 2\n```"),),
        heard="I can only show that."),
    _words("finish reason in capitals", *_SAID[:2], chunk({}, finish="STOP")),
    _words("finishReason", *_SAID[:2],
           {"choices": [{"index": 0, "delta": {}, "finishReason": "stop"}]}, done=False),
    _words("content in parts", chunk({"content": [{"type": "text", "text": WORDS}]}), _END),
    _words("error null", _say(WORDS, error=None), _END),
    _words("a refusal in words", chunk({"refusal": WORDS}), _END),
    _words("delta and message", _say(WORDS) | {"choices": [
        {"index": 0, "delta": {"content": WORDS}, "message": {"content": WORDS}}]}, _END),
    Row("a whole completion", (plain(json.dumps(_COMPLETION, indent=1).encode()),)),
    Row("a JSON value a line", (
        plain("\n".join(map(json.dumps, _SAID)).encode(), content_type="application/x-ndjson"),)),
    Row("plain JSON called a stream", (raw(json.dumps(_COMPLETION).encode()),)),
    _words("marks of the template", _say("It is noon.<|im_"), _say("end|>"), _say("</s>"), _END),
]  # fmt: skip

THOUGHTS = [
    _words(f"reasoning in {name}", chunk({name: "Hm, noon?"}), *_SAID)
    for name in ("reasoning_content", "reasoning", "thinking", "thought")
] + [
    _words("reasoning_details", chunk({"reasoning_details": [{"text": "Hm."}]}), *_SAID),
    _words("thinking parts", chunk({"content": [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]}), *_SAID),
    _words("think in the text", _say("<think>Hm. </think>\n\n"), *_SAID),
    _words("think split over pieces", *map(_say, ["<th", "ink>Hm", ". <b </th", "ink>"]), *_SAID),
    _words("think in the middle", _say("It is "), _say("<think>Hm.</think>noon."), _END),
    _words("other marks", _say("<thought>a</thought>[THINK]b[/THINK]<seed:think>c</seed:think>"),
           _say("<|channel>thought d<channel|>"), *_SAID),
    _words("Harmony", _say("<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant"),
           _say("<|channel|>final<|mess"), _say("age|>It is noon.<|return|>"), _END),
    Row("think never closed", (sse(_say("<think>Hm."), _END), text(WORDS)), asked=2),
    Row("think opened by the template", (sse(_say("Hm. "), _say("</think>"), *_SAID),),
        options={"settings": {"model": "deepseek-r1:8b"}}),
    Row("think opened by the template, in one piece", (
        sse(_say("Hm, noon?</think>\n"), *_SAID),)),
    Row("a thinking model that does not think", (text(WORDS),),
        options={"settings": {"model": "qwen3-thinking"}}),
    Row("only thought, then the limit", (
        sse(chunk({"reasoning": "Hm."}), chunk({}, finish="length")), text(WORDS)), asked=2),
]  # fmt: skip

CALLS = [
    _calls("an index each", call("look_up", _one(1)),
           call("look_up", _one(2), index=1, call_id="b")),
    _calls("the same index", call("look_up", _one(1)), call("look_up", _one(2), call_id="b")),
    _calls("no index", call("look_up", _one(1), index=None),
           call("look_up", _one(2), index=None, call_id="b")),
    _calls("no ids", call("look_up", _one(1), call_id=None), call("look_up", _one(2), call_id="")),
    _calls("equal ids", call("look_up", _one(1)), call("look_up", _one(2), index=1)),
    Row("several in a piece", (
        sse(chunk({"tool_calls": [call("look_up", _one(1)), call("look_up", _one(2), call_id="b")]},
                  finish="stop")), text(WORDS)), looked_up=(1, 2)),
    _calls("arguments that begin empty", call("look_up", ""), call(None, ""), call(None, '{"num'),
           call(None, 'ber": 1}'), numbers=(1,)),
    _calls("arguments that begin null", call("look_up", None), call(None, _one(1)), numbers=(1,)),
    _calls("arguments that begin with an empty object", call("look_up", "{}"), call(None, _one(1)),
           numbers=(1,)),
    _calls("arguments as an object", call("look_up", {"number": 1}), numbers=(1,)),
    _calls("arguments encoded twice", call("look_up", json.dumps(_one(1))), numbers=(1,)),
    _calls("arguments with a comma too many", call("look_up", '{"number": 1,}'), numbers=(1,)),
    _calls("arguments of Python", call("look_up", "{'number': 1}"), numbers=(1,)),
    _calls("arguments in a fence", call("look_up", f"```json\n{_one(1)}\n```"), numbers=(1,)),
    _calls("arguments once more at the end", call("look_up", _one(1)), call(None, _one(1)),
           numbers=(1,)),
    _calls("name in each piece", call("look_up", ""), call("look_up", '{"num'),
           call("look_up", 'ber": 1}'), numbers=(1,)),
    _calls("name in each piece, no id later", call("look_up", ""),
           call("look_up", _one(1), call_id=None), numbers=(1,)),
    _calls("name in two pieces", call("look_", ""), call("up", _one(1), call_id=None),
           numbers=(1,)),
    _calls("name later", call("", ""), call("look_up", _one(1)), numbers=(1,)),
    _calls("two calls run together", call("look_up", _one(1)), call(None, _one(2))),
    _calls("name with a prefix", call("functions.look_up", _one(1)), numbers=(1,)),
    _calls("name in other letters", call("Look-Up", _one(1)), numbers=(1,)),
    _calls("name with a mark", call("look_up<|channel|>commentary", _one(1)), numbers=(1,)),
    Row("function_call", (
        sse(chunk({"function_call": {"name": "look_up", "arguments": ""}}),
            chunk({"function_call": {"arguments": _one(1)}}), chunk({}, finish="function_call")),
        text(WORDS)), looked_up=(1,)),
    Row("finish reason stop", (calls(call("look_up", _one(1)), finish="stop"), text(WORDS)),
        looked_up=(1,)),
    Row("a call beside words", (
        sse(_say("One sec. "), chunk({"tool_calls": [call("look_up", _one(1))], "content": "Done?"},
                                     finish="tool_calls")), text(WORDS)),
        heard="One sec. Done? It is noon.", looked_up=(1,)),
    Row("a whole completion with a call", (
        plain(json.dumps({"choices": [{"message": {"content": None, "tool_calls": [
            call("look_up", _one(1), index=None)]}, "finish_reason": "tool_calls"}]}).encode()),
        text(WORDS)), looked_up=(1,)),
    Row("a call as text", (
        sse(_say('<tool_call>\n{"name": "look_up", '), _say('"arguments": {"number": 1}}</tool'),
            _say("_call>"), _END), text(WORDS)), looked_up=(1,)),
    Row("a call as tags", (
        sse(_say("<tool_call><function=look_up><parameter=number>1</parameter></function>"),
            _say("</tool_call>"), _END), text(WORDS)), looked_up=(1,)),
    Row("a Harmony call as text", (
        sse(_say("<|channel|>commentary to=functions.look_up <|constrain|>json<|message|>"),
            _say(_one(1) + "<|call|>"), _END), text(WORDS)), looked_up=(1,)),
    Row("a malformed call that Google names", (
        sse(chunk({}, finish="function_call_filter: MALFORMED_FUNCTION_CALL")), text(WORDS)),
        asked=2),
    Row("malformed arguments", (calls(call("look_up", '{"num')), text(WORDS)), asked=2),
    Row("a call cut short", (calls(call("look_up", ""), finish="length"), text(WORDS)), asked=2),
    Row("a call that got lost", (sse(chunk({}, finish="tool_calls")), text(WORDS)), asked=2),
    Row("a call without an end", (
        sse(chunk({"tool_calls": [call("look_up", "")]}), done=False), text(WORDS)), asked=2),
]  # fmt: skip


def _failing(name: str, *answers: Answer, heard: str = WORDS) -> Row:
    """A row whose answers are no reply; the caller hears the one asked for after them."""
    return Row(name, (*answers, text(WORDS)), heard=heard, asked=len(answers) + 1)


_NOTHING: dict[str, Answer] = {
    "an empty stream": raw(b""),
    "DONE at once": sse(),
    "an empty body": plain(b"", content_type="text/event-stream"),
    "no words": text(),
    "only white space": text(" ", "\n\n"),
    "only marks": text("\u200b", "...", "<|im_end|>"),
    "an error inside": sse({"error": {"message": "overloaded", "code": 502}}, done=False),
    "an error inside, as words": sse({"error": "overloaded"}),
    "an error inside, without a frame": sse({"object": "error", "message": "x", "code": 500}),
    "an error event": sse('event: error\ndata: {"message": "overloaded"}', done=False),
    "an error field": sse('error: {"code": 500, "message": "overloaded"}', done=False),
    "an error in a choice": sse(
        {"choices": [{"error": {"code": 502, "message": "x"}, "finish_reason": "error"}]}
    ),
    "finish reason error": sse(chunk({}, finish="error")),
    "an error with status 200": plain(b'{"error": {"message": "overloaded"}}'),
    "a broken event": sse(_BAD),
    "an event of unknown form": sse({"choices": [{"delta": {"tool_calls": "look_up"}}]}),
    "a web page": plain(b"<!doctype html><p>Sign in", content_type="text/html"),
    "cut before a word": raw(wire(chunk({"role": "assistant"})), end="abort"),
    "closed at once": closes(),
    "a redirect to nowhere": plain(b"", status=302, headers={"location": "/v1/nowhere"}),
}
NOTHING = [_failing(name, answer) for name, answer in _NOTHING.items()] + [
    Row(f"{name}, always", (answer, answer), heard=SORRY, asked=2)
    for name, answer in _NOTHING.items()
]

HALF = [
    Row("finish reason length", (text("It is noon because the", finish="length"),),
        heard=f"It is noon because the {CUT}"),
    Row("finish reason model_length", (text("It is", finish="model_length"),),
        heard=f"It is {CUT}"),
    Row("content_filter after words", (text("It is", finish="content_filter"),),
        heard=f"It is {CUT}"),
    Row("blocked by Google after words", (text("It is", finish="content_filter: RECITATION"),),
        heard=f"It is {CUT}"),
    Row("blocked by Google at once", (text(finish="BLOCKLIST"),),
        heard="I cannot talk about that."),
    Row("content_filter at once", (text(finish="content_filter"),),
        heard="I cannot talk about that."),
    Row("an error after words", (sse(_say("It is "), {"error": {"message": "x"}}),),
        heard=f"It is {CUT}"),
    Row("a broken event after words", (sse(_say("It is "), _BAD, done=False),),
        heard=f"It is {CUT}"),
    Row("breaks off after words", (sse(_say("It is "), done=False, end="abort"),),
        heard=f"It is {CUT}"),
    Row("ends in the middle without a reason", (sse(_say("It is "), done=False),),
        heard=f"It is {CUT}"),
    Row("stop with every piece, then a break", (
        sse(_say("It is ") | {"choices": [{"index": 0, "delta": {"content": "It is "},
                                           "finish_reason": "stop"}]}, done=False, end="abort"),),
        heard=f"It is {CUT}"),
    Row("closed in the middle of an event", (
        raw(wire(_say("It is ")), b'data: {"choices": [{"del'),), heard=f"It is {CUT}"),
    Row("hangs after words", (sse(_say("It is "), done=False, end="hang"),),
        heard=f"It is {CUT}"),
    Row("a call that got lost, after words", (text("It is", finish="tool_calls"),),
        heard=f"It is {CUT}"),
    Row("a call without its end, after words", (
        sse(_say("It is "), chunk({"tool_calls": [call("look_up", '{"n')]}), done=False),),
        heard=f"It is {CUT}"),
]  # fmt: skip

ALL = [*EVENTS, *SHAPES, *THOUGHTS, *CALLS, *NOTHING, *HALF]

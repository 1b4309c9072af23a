from __future__ import annotations

import json

import pytest

from processors.language_model.event_stream import DONE
from processors.language_model.openai_protocol.reply_draft import ReplyDraft
from processors.language_model.openai_protocol.request_shape import RequestShape
from processors.provider_requests import EmptyAnswerError
from tests.unkind_server import chunk

CALL = '{"name": "look_up", "arguments": {"number": 1}}'
WRITTEN = [
    CALL,
    '{"name": "look_up", "parameters": {"number": 1}}',
    '{"type": "function", "function": {"name": "look_up", "arguments": {"number": 1}}}',
    f"[{CALL}]",
    f"<|python_tag|>{CALL}",
    "<|python_tag|>look_up.call(number=1)",
    f"[TOOL_CALLS][{CALL}]",
    '[TOOL_CALLS]look_up{"number": 1}',
    '[TOOL_CALLS]look_up[ARGS]{"number": 1}',
    '<function=look_up>{"number": 1}</function>',
    '<|start_header_id|>assistant<|end_header_id|><function=look_up>{"number": 1}</function>',
    f"```json\n{CALL}\n```",
    f"```tool_call\n{CALL}\n```",
    "```tool_code\nlook_up(number=1)\n```",
    "[look_up(number=1)]",
    "<|tool_call_start|>[look_up(number=1)]<|tool_call_end|>",
    f"<|tool_call|>[{CALL}]<|/tool_call|>",
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>look_up\n```json\n"
    '{"number": 1}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    '<｜tool▁call▁begin｜>look_up<｜tool▁sep｜>{"number": 1}<｜tool▁call▁end｜>',
    '<|tool_call_begin|>functions.look_up:0<|tool_call_argument_begin|>{"number": 1}',
    "<tool_call>look_up\n<arg_key>number</arg_key>\n<arg_value>1</arg_value>\n</tool_call>",
    f"<functioncall>{CALL}</functioncall>",
    f"<function_call>{CALL}</function_call>",
    f"<tools>{CALL}</tools>",
    f"<TOOLCALL>[{CALL}]</TOOLCALL>",
    '<invoke name="look_up"><parameter name="number">1</parameter></invoke>',
    '<minimax:tool_call><invoke name="look_up"><parameter name="number">1</parameter></invoke>',
]

WORDS = [
    "Sure, it is noon. Look it up.",
    "look out! It is 5 < 6 [so far].\nlook_up is a tool.\nf",
    "[laughs] Oh. {curly} <b",
    "function",
    '{"a": 1}\nThat is JSON.',
    "I would call look_up(number=1) for that.",
    "<function of time> is odd.",
    "1\n\n2\n",
]


def read(text: str, *, step: int) -> tuple[str, list[tuple[str, object]], list[str]]:
    """Return the words of a reply, its calls, and the words by the piece they came with."""
    draft = ReplyDraft(shape=RequestShape(), tool_names=["look_up"])
    pieces = [text[at : at + step] for at in range(0, len(text), step)]
    words = [draft.add(chunk({"content": piece})) for piece in pieces]
    draft.add(DONE)
    rest = draft.rest()
    calls = [call.function for call in draft.finish(takes_calls=True)]
    found = [(str(c.name), json.loads(str(c.arguments))) for c in calls if c]
    return "".join(words) + rest, found, words


@pytest.mark.promise(
    "Language model",
    "A tool call that a model writes as text is made, and not read aloud.",
)
@pytest.mark.parametrize("step", [1, 4, 1000])
@pytest.mark.parametrize("before", ["", "Let me see.\n"])
@pytest.mark.parametrize("text", WRITTEN)
def test_a_call_that_is_written_is_made_and_not_read_aloud(
    text: str, before: str, step: int
) -> None:
    words, calls, _ = read(before + text, step=step)
    assert calls == [("look_up", {"number": 1})]
    assert words.strip() == before.strip()


@pytest.mark.parametrize("step", [1, 4, 1000])
@pytest.mark.parametrize("text", WORDS)
def test_words_are_words(text: str, step: int) -> None:
    words, calls, _ = read(text, step=step)
    assert (words, calls) == (text, [])


def test_several_calls_are_all_made() -> None:
    calls = ", ".join((CALL, CALL.replace("1", "2")))
    assert [found for _, found in read(f"[{calls}]", step=3)[1]] == [{"number": 1}, {"number": 2}]


def test_ordinary_words_are_not_held_back() -> None:
    text = "It is noon. Then: 5 > 4.\nAnd so on."
    assert "".join(read(text, step=1)[2]) == text


@pytest.mark.parametrize("text", [CALL[:-2], CALL[:30], "[look_up(number", "<function=look_up>{"])
def test_a_broken_call_is_no_reply(text: str) -> None:
    with pytest.raises(EmptyAnswerError):
        read(text, step=3)

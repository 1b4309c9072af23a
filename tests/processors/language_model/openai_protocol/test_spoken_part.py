from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.language_model.openai_protocol.spoken_part import SpokenPart

TEXTS = {
    "<think>Hm.</think>\n\nIt is noon.": "It is noon.",
    "It is <thinking>Hm.</thinking>noon.": "It is noon.",
    "[THINK]Hm.[/THINK]It is [about] noon.": "It is [about] noon.",
    "\u25c1think\u25b7Hm.\u25c1/think\u25b7It is noon.": "It is noon.",
    "<|channel>thought\nHm.<channel|>It is noon.": "It is noon.",
    "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>It is"
    " noon.<|return|>": "It is noon.",
    "It is noon.<\uff5cend\u2581of\u2581sentence\uff5c>": "It is noon.",
    "3 < 5 and 5 <6, <b>really</b>": "3 < 5 and 5 <6, <b>really</b>",
    "It is noon <": "It is noon <",
    '"It is noon."': '"It is noon."',
    "<think>Hm.<tool_call>x</tool_call> Hm.</think>It is noon.": "It is noon.",
    "<answer>It is noon.</answer>": "It is noon.",
    "<think>Hm.": "",
    " \u200b... <|im_end|>": "",
}


def spoken(*pieces: str, begins_thinking: bool = False) -> str:
    part = SpokenPart(begins_thinking=begins_thinking)
    return "".join([*map(part.feed, pieces), part.finish()])


@pytest.mark.promise(
    "Language model",
    "Thoughts and the marks of a template are not spoken, however they are cut.",
)
@given(st.sampled_from([*TEXTS]), st.lists(st.integers(0, 12)))
def test_what_is_spoken_does_not_depend_on_the_pieces(text: str, sizes: list[int]) -> None:
    rest, pieces = text, list[str]()
    for size in sizes:
        pieces.append(rest[:size])
        rest = rest[size:]
    assert spoken(*pieces, rest) == TEXTS[text]


def test_words_are_not_held_back() -> None:
    part = SpokenPart()
    assert [part.feed(piece) for piece in ("It", " is ", "noon")] == ["It", " is ", "noon"]


@pytest.mark.promise(
    "Language model",
    "Thoughts and the marks of a template are not spoken, however they are cut.",
)
@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        (["Hm. ", "So.", "</think> Noon."], "Noon."),
        (["<think>Hm.</think>", "Noon."], "Noon."),
        (["It is ", "noon."], "It is noon."),
    ],
)
def test_a_thought_that_the_template_opened(pieces: list[str], words: str) -> None:
    assert spoken(*pieces, begins_thinking=True) == words


def test_an_end_without_a_beginning_is_noticed() -> None:
    part = SpokenPart()
    assert part.feed("Hm.</think>It is noon.") == "It is noon."
    assert part.was_opened_before


def test_calls_in_the_text_are_no_speech() -> None:
    part = SpokenPart()
    text = (
        'Sure.<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call><tool_call>x</tool_call>'
    )
    assert part.feed(text) + part.finish() == "Sure."
    assert [(call.name, call.arguments) for call in part.calls] == [("f", '{"a": 1}')]


def test_a_call_in_tags_is_one_too() -> None:
    part = SpokenPart()
    tags = "<function=f>\n<parameter=a>\n1\n</parameter><parameter=b>x y</parameter></function>"
    assert part.feed(f"<tool_call>{tags}</tool_call>") == ""
    assert [(call.name, call.arguments) for call in part.calls] == [("f", '{"a": 1, "b": "x y"}')]

from __future__ import annotations

import json
import re

import pytest

from processors.language_model.openai_protocol.reply_pieces import CallPiece
from processors.language_model.openai_protocol.whole_calls import WholeCalls
from processors.provider_requests import EmptyAnswerError


def read(*pieces: CallPiece, used_ids: set[str] | None = None) -> list[tuple[str, str, str]]:
    """Return id, name and arguments of each call, the index checked."""
    calls = WholeCalls(names=["look_up", "put_down"], used_ids=used_ids or set())
    for piece in pieces:
        calls.add(piece)
    whole = [call for call, _ in calls.finish()]
    assert [call.index for call in whole] == [*range(len(whole))]
    return [
        (str(call.id), str(call.function.name), str(call.function.arguments))
        for call in whole
        if call.function
    ]


def test_pieces_are_joined_by_index() -> None:
    found = read(
        CallPiece(0, "a", "look_up", '{"n": '),
        CallPiece(1, "b", "put_down", "{"),
        CallPiece(0, arguments="1}"),
        CallPiece(1, arguments="}"),
    )
    assert found == [("a", "look_up", '{"n": 1}'), ("b", "put_down", "{}")]


def test_pieces_are_joined_by_id_where_the_index_lies() -> None:
    found = read(
        CallPiece(0, "a", "look_up", ""),
        CallPiece(0, "b", "look_up", ""),
        CallPiece(0, "a", "", '{"n": 1}'),
        CallPiece(0, "b", "", '{"n": 2}'),
    )
    assert [arguments for _, _, arguments in found] == ['{"n": 1}', '{"n": 2}']


@pytest.mark.promise(
    "Language model",
    "Each tool call has an id of its own in the call.",
)
def test_each_id_is_used_once_in_a_session_and_a_new_one_suits_everybody() -> None:
    used = {"a"}
    ids = [i for i, _, _ in read(CallPiece(0, "a", "look_up"), CallPiece(1, "", "put_down"),
                                 CallPiece(2, "b", "put_down"), used_ids=used)]  # fmt: skip
    assert ids[2] == "b" and len({*ids, "a"}) == 4
    assert all(re.fullmatch("[a-z0-9]{9}", new) for new in ids[:2])
    assert {*ids} <= used


@pytest.mark.parametrize("arguments", ["", "null", "{}", "{}{}", " "])
def test_no_arguments_are_an_empty_object(arguments: str) -> None:
    assert read(CallPiece(0, "a", "look_up", arguments))[0][2] == "{}"


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        ('{"n": "a\nb"}', {"n": "a\nb"}),
        ("{'n': None, 'm': [True]}", {"n": None, "m": [True]}),
        ('{"n": [true,],}', {"n": [True]}),
        ('{"n": "x, ]",}', {"n": "x, ]"}),
        ('{"n": NaN, "m": Infinity}', {"n": None, "m": None}),
    ],
)
def test_arguments_that_are_nearly_json_are_what_they_mean(arguments: str, meant: object) -> None:
    assert json.loads(read(CallPiece(0, "a", "look_up", arguments))[0][2]) == meant


@pytest.mark.parametrize("arguments", ['{"n', "[]", '"x"', "1", '{"n": 1} x'])
def test_arguments_that_are_no_object_are_refused(arguments: str) -> None:
    with pytest.raises(EmptyAnswerError, match="malformed"):
        read(CallPiece(0, "a", "look_up", arguments))


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("look_up", "look_up"),
        ("functions.look_up", "look_up"),
        ("default_api:look_up", "look_up"),
        ("LOOK-UP", "look_up"),
        ("look_up<|channel|>json", "look_up"),
        ("look_down", "look_down"),
    ],
)
def test_a_name_is_the_tool_it_means(name: str, known: str) -> None:
    assert read(CallPiece(0, "a", name))[0][1] == known


def test_calls_that_were_run_together_are_taken_apart() -> None:
    found = read(CallPiece(0, "a", "look_up", '{"n": 1}'), CallPiece(0, arguments='{"n": 2}'))
    assert [arguments for _, _, arguments in found] == ['{"n": 1}', '{"n": 2}']
    assert found[0][0] != found[1][0]


def test_a_name_may_come_in_pieces_or_late() -> None:
    assert read(CallPiece(0, "a", "look_"), CallPiece(0, "a", "up"))[0][1] == "look_up"
    assert read(CallPiece(0, "a", "", "{}"), CallPiece(0, "a", "look_up"))[0][1] == "look_up"
    two = read(
        CallPiece(0, "a", "look_up", "{}"),
        CallPiece(1, "b", "", ""),
        CallPiece(1, "b", "put_down", '{"n": 2}'),
    )
    assert [call[1:] for call in two] == [("look_up", "{}"), ("put_down", '{"n": 2}')]


@pytest.mark.parametrize("first", [[CallPiece(None, "a", "look_up", '{"n": 1}')], []])
def test_a_new_id_without_an_index_is_a_new_call_though_its_name_comes_later(
    first: list[CallPiece],
) -> None:
    found = read(
        *first,
        CallPiece(None, "b", "", '{"n": '),
        CallPiece(None, "b", "", "2}"),
        CallPiece(None, "b", "put_down", ""),
    )
    assert [call[1:] for call in found][len(first) :] == [("put_down", '{"n": 2}')]
    assert len(found) == len(first) + 1


def test_arguments_without_a_call_are_none() -> None:
    assert read(CallPiece(0, arguments="{}")) == []

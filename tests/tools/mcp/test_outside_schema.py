from __future__ import annotations

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from tools.mcp.outside_schema import (
    MAX_DESCRIPTION_CHARS,
    MAX_SCHEMA_CHARS,
    cut,
    function_name,
    plain_schema,
)


def test_a_name_is_what_the_model_api_accepts_and_shadows_nothing() -> None:
    assert function_name("docs", "end_call") == "docs__end_call"
    for tool in ("Ünsinn! {x}" * 20, "a.b", "a b", "", "_", "x" * 70, "x" * 71):
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", function_name("docs", tool))


_PARTS = st.text(alphabet="ab_-. é", max_size=4) | st.text(alphabet="a", min_size=50, max_size=70)


@given(st.lists(st.tuples(st.sampled_from(["a", "a_", "a__b", "a-b", "ab"]), _PARTS), unique=True))
def test_no_two_tools_have_one_name(pairs: list[tuple[str, str]]) -> None:
    names = [function_name(*pair) for pair in pairs]
    assert len(set(names)) == len(pairs)
    assert names == [function_name(*pair) for pair in pairs]


def test_references_are_resolved_also_when_they_go_in_circles() -> None:
    schema = {
        "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}},
        "properties": {"title": {"$ref": "#/$defs/Node"}},
    }
    plain = plain_schema(schema)
    assert plain is not None
    assert "$ref" not in str(plain)
    assert plain["properties"]["title"]["properties"]["next"]["type"] == "object"


def test_long_descriptions_are_cut_and_huge_schemas_refused() -> None:
    plain = plain_schema({"properties": {"a": {"description": "x" * 5000}}})
    assert plain is not None
    assert len(plain["properties"]["a"]["description"]) == MAX_DESCRIPTION_CHARS
    many = {f"argument_{number}": {"type": "string"} for number in range(MAX_SCHEMA_CHARS // 20)}
    assert plain_schema({"properties": many}) is None


def test_a_description_becomes_one_line() -> None:
    assert cut("One\n\n  two\tthree.") == "One two three."


def test_a_small_schema_that_stands_for_a_huge_one_is_refused_at_once() -> None:
    reference = {"$ref": "#/$defs/a"}
    bomb = {"$defs": {"a": {"anyOf": [reference] * 10}}, "properties": {"x": reference}}
    begun_secs = time.process_time()
    assert plain_schema(bomb) is None
    assert time.process_time() - begun_secs < 0.2


def test_what_would_make_the_whole_request_fail_or_hang_is_mended() -> None:
    text = {"type": "string", "pattern": "^(a+)+$"}
    schema = {
        "properties": {
            "list": {"type": "array"},
            "perhaps": {"type": ["array", "null"]},
            "text": text,
            "pattern": {"type": "string"},
        }
    }
    assert plain_schema(schema) == {
        "properties": {
            "list": {"type": "array", "items": {}},
            "perhaps": {"type": ["array", "null"], "items": {}},
            "text": {"type": "string"},
            "pattern": {"type": "string"},
        }
    }


def test_definitions_that_are_none_are_too_much() -> None:
    assert plain_schema({"$defs": 3, "properties": {}}) is None


def test_a_description_holds_nothing_that_nobody_sees() -> None:
    assert cut("Look\x00 up\x1b[2J\u202e a\u200b\n word.") == "Look up [2J a word."

from __future__ import annotations

import re

from tools.outside_schema import (
    MAX_DESCRIPTION_CHARS,
    MAX_SCHEMA_CHARS,
    cut,
    function_name,
    plain_schema,
)


def test_a_name_is_what_the_model_api_accepts_and_shadows_nothing() -> None:
    assert function_name("docs", "end_call") == "docs_end_call"
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", function_name("docs", "Ünsinn! {x}" * 20))


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

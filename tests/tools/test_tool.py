from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from tools import TOOLS
from tools.errors import ArgumentsError, ToolDefinitionError
from tools.tool import MAX_TEXT_CHARS, MAX_TITLE_CHARS, Effect, tool


class Nested(BaseModel):
    value: int


@tool(effect="write", timeout_secs=3.0, filler="Hm.")
async def sample(
    place: str,
    day: Literal["today", "tomorrow"] = "today",
    count: Annotated[int, Field(ge=1)] = 1,
    *,
    http: object,
    clock: object = None,
) -> object:
    """Do something in a place.

    With more words about it.

    Args:
        place: Where.
        day: When.
        count: How often.
        http: A client.
        clock: The time.
    """
    return place, day, count, http, clock


def test_types_and_docstring_become_the_schema() -> None:
    assert sample.name == "sample"
    assert sample.description == "Do something in a place. With more words about it."
    assert sample.properties == {
        "place": {"description": "Where.", "type": "string"},
        "day": {
            "default": "today",
            "description": "When.",
            "enum": ["today", "tomorrow"],
            "type": "string",
        },
        "count": {"default": 1, "description": "How often.", "minimum": 1, "type": "integer"},
    }
    assert sample.required == ["place"]
    assert (sample.effect, sample.timeout_secs, sample.filler) == (Effect.WRITE, 3.0, "Hm.")


def test_a_title_is_one_short_line_for_people() -> None:
    async def look() -> str:
        """Look."""
        return ""

    assert tool(title="Looking it up · <b>")(look).title == "Looking it up · <b>"
    assert tool()(look).title == ""
    for title in (" Look", "Look\nup", "x" * (MAX_TITLE_CHARS + 1), "Look\u202eup"):
        with pytest.raises(ToolDefinitionError, match="one line"):
            tool(title=title)(look)


def test_keyword_only_parameters_are_resources_the_model_never_sees() -> None:
    assert sample.resources == {"http"}
    assert sample.optional_resources == {"clock"}
    assert not {"http", "clock"} & sample.properties.keys()


def test_arguments_are_checked_and_completed() -> None:
    assert sample.validate({"place": "Rome", "count": "2"}) == {
        "place": "Rome",
        "day": "today",
        "count": 2,
    }


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({}, "place"),
        ({"place": 3}, "place"),
        ({"place": "x", "day": "someday"}, "day"),
        ({"place": "x", "count": 0}, "count"),
        ({"place": "x", "http": "mine"}, "http"),
        ({"place": "x" * (MAX_TEXT_CHARS + 1)}, "place"),
    ],
)
def test_a_wrong_argument_is_named(arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(ArgumentsError, match=problem) as caught:
        sample.validate(arguments)
    assert len(caught.value.message) < 200


def _plain() -> None:
    """Do it."""


async def _mute() -> None: ...


async def _untyped(place) -> None:  # type: ignore[no-untyped-def] # pyright: ignore
    """Do it.

    Args:
        place: Where.
    """


async def _undescribed(place: str) -> None:
    """Do it."""


async def _nested(value: Nested) -> None:
    """Do it.

    Args:
        value: What.
    """


async def _fine() -> None:
    """Do it."""


@pytest.mark.parametrize(
    ("function", "options", "problem"),
    [
        (_plain, {}, "async function"),
        (_mute, {}, "docstring"),
        (_untyped, {}, "needs a type"),
        (_undescribed, {}, "does not describe 'place'"),
        (_nested, {}, "plain types"),
        (_fine, {"effect": "reed"}, "effect must be one of"),
        (_fine, {"effect": "irreversible"}, "needs a confirm question"),
        (_fine, {"effect": "write", "confirm": "Shall I do {what}?"}, "names no argument 'what'"),
    ],
)
def test_what_cannot_be_a_tool_is_told(
    function: Any, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ToolDefinitionError, match=problem):
        tool(**options)(function)


def test_every_tool_that_ships_has_a_name_of_its_own() -> None:
    names = [shipped.name for shipped in TOOLS]
    assert len(set(names)) == len(names)


def test_only_tools_that_ask_say_so() -> None:
    told = {shipped.name for shipped in TOOLS if "automatically" in shipped.advertised_description}
    assert {"book_appointment", "cancel_appointment"} <= told
    assert "weather" not in told

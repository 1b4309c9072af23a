from __future__ import annotations

from dataclasses import replace

from pipecat.services.llm_service import FunctionCallParams

from tests.tools.sample_tools import leave, look_up
from tools.runtime.toolbox import Toolbox


async def _handle(_: FunctionCallParams) -> None:
    pass


def test_the_first_tool_of_a_name_keeps_it() -> None:
    box = Toolbox(resources=[])
    box.add([look_up, leave])
    box.add([replace(look_up, description="Not ours.", is_outside=True)])
    assert list(box.names) == ["look_up", "leave"]
    assert box.find("look_up") is look_up
    assert not box.has_outside_text
    assert [schema.name for schema in box.schemas(_handle)] == ["look_up", "leave"]


def test_a_tool_without_its_resources_is_left_out() -> None:
    box = Toolbox(resources=["shop"])
    box.add(
        [
            replace(look_up, resources=frozenset({"shop"})),
            replace(leave, resources=frozenset({"phone"})),
        ]
    )
    assert list(box.names) == ["look_up"]


def test_a_name_nobody_has_is_a_tool_that_refuses() -> None:
    assert Toolbox(resources=[]).find("made_up").name == "made_up"


def test_a_bound_tool_comes_with_its_person_and_no_other() -> None:
    box = Toolbox(resources=[])
    box.add([look_up, replace(leave, persons=("Ada", "Bob"))])
    for person in ("", "ada", "Ada Bob"):
        box.know_person(person)
        assert list(box.names) == ["look_up"]
        assert box.find("leave").description.startswith("There is no tool")
    box.know_person("Bob")
    assert list(box.names) == ["look_up", "leave"]


def test_a_tool_of_nobody_is_never_there() -> None:
    box = Toolbox(resources=[])
    box.add([replace(leave, persons=())])
    for person in ("", "Ada", "*"):
        box.know_person(person)
        assert not box.names


def test_a_bound_tool_that_comes_late_is_there_for_its_person() -> None:
    box = Toolbox(resources=[])
    box.know_person("Ada")
    box.add([replace(leave, persons=("Ada",)), replace(look_up, persons=("Bob",))])
    assert list(box.names) == ["leave"]

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

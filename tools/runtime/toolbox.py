"""The tools of one session. More may come; none ever goes, and none takes another's place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from loguru import logger
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.services.llm_service import FunctionCallHandler

from tools.errors import ArgumentsError
from tools.tool import Tool


class Toolbox:
    """Knows the tools by name.

    Args:
        resources: Names of what tools can be handed; one that needs anything else is left out.
    """

    def __init__(self, *, resources: Collection[str]) -> None:
        self._resources = frozenset(resources)
        self._tools: dict[str, Tool] = {}
        self._of_others: list[Tool] = []
        """Bound to persons of whom the caller, as far as is known, is none."""
        self._person = ""

    @property
    def names(self) -> Collection[str]:
        """What may be called, at any time."""
        return self._tools.keys()

    @property
    def has_outside_text(self) -> bool:
        """Whether a description was written by somebody nobody vouches for."""
        return any(tool.is_outside for tool in self._tools.values())

    def know_person(self, person: str) -> None:
        """Take up what is bound to this caller; empty is nobody that anybody knows."""
        self._person = person
        waiting, self._of_others = self._of_others, []
        self.add(waiting)

    def add(self, tools: Iterable[Tool]) -> None:
        """Take these too; a name that is taken stays with its first tool."""
        for tool in tools:
            missing = sorted(tool.resources - self._resources)
            if tool.persons is not None and (not self._person or self._person not in tool.persons):
                self._of_others.append(tool)
            elif tool.name in self._tools:
                logger.warning("a second tool {} is left out", tool.name)
            elif missing:
                logger.warning("tool {} is left out, it needs {}", tool.name, missing)
            else:
                self._tools[tool.name] = tool

    def find(self, name: str) -> Tool:
        """Return the tool of that name, or one that refuses every call."""
        return self._tools.get(name) or _unknown_tool(name, known=self._tools)

    def schemas(self, handler: FunctionCallHandler) -> list[FunctionSchema]:
        """Return what the model reads, with what Pipecat runs for a call."""
        return [
            FunctionSchema(
                name=tool.name,
                description=tool.advertised_description,
                properties=tool.properties,
                required=tool.required,
                handler=handler,
            )
            for tool in self._tools.values()
        ]


def _unknown_tool(name: str, *, known: Iterable[str]) -> Tool:
    """Return a tool that refuses every call: the model is told so, and its steps are counted."""
    message = f"There is no tool {name[:64]!r}. There are: {', '.join(sorted(known))}."

    def validate(arguments: Mapping[str, Any]) -> dict[str, Any]:
        raise ArgumentsError("unknown_tool", message)

    async def never() -> None:
        raise AssertionError("a call that is refused does not run")

    return Tool(
        name=name,
        description=message,
        properties={},
        required=[],
        validate=validate,
        function=never,
    )

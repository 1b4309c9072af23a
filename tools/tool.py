"""A tool: one async function with what the runtime must know about it.

The function's ordinary parameters are the arguments the model gives. Its keyword-only parameters
are resources (clients, stores, callables) the runtime hands in by name; the model never sees them.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter
from typing import Any, get_type_hints

from docstring_parser import parse
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from tools.errors import ArgumentsError, ToolDefinitionError

# Nobody says more in one breath; a model that repeats itself may.
MAX_TEXT_CHARS = 1000
MAX_TITLE_CHARS = 60
"""What fits beside the line of a call, on a phone too."""
_ASKS_ITSELF = "The caller is asked for a yes automatically; do not ask for it yourself."

ToolFunction = Callable[..., Awaitable[object]]


class Effect(StrEnum):
    """What a call of the tool changes; decides what an interruption and a repeat mean."""

    READ = "read"
    """Nothing. May be dropped when the caller interrupts."""
    CALL = "call"
    """This very call (hanging up). Dropped when the caller interrupts before it happened."""
    WRITE = "write"
    """Something that can be undone. Survives an interruption and reports later."""
    IRREVERSIBLE = "irreversible"
    """Something that cannot be undone. Waits for the caller's yes and runs at most once."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One function the language model may call. Made by `@tool` or from an MCP server's list."""

    name: str
    description: str
    properties: dict[str, Any]
    """JSON schema of each argument."""
    required: list[str]
    validate: Callable[[Mapping[str, Any]], dict[str, Any]]
    """Returns the arguments to run with; raises `ArgumentsError`."""
    function: ToolFunction
    resources: frozenset[str] = frozenset()
    """Names of the resources the function cannot run without."""
    optional_resources: frozenset[str] = frozenset()
    """Names of the resources it takes when there are any; they have a default."""
    effect: Effect = Effect.READ
    timeout_secs: float = 10.0
    filler: str | None = None
    """Words said when the result takes longer than a breath; None takes a general phrase."""
    confirm: str | None = None
    """The question that asks for the caller's yes, a format string over the arguments; None for
    a general one."""
    persons: tuple[str, ...] | None = None
    """Whose it is: names as the session knows its caller by; None for everybody's."""
    title: str = ""
    """What people read of it, one short line; empty: its name."""
    is_outside: bool = False
    """Its description was written by somebody the operator does not vouch for; so was what it says
    of its effect, and every call needs the caller's yes."""

    @property
    def advertised_description(self) -> str:
        """What the model reads."""
        is_asked = self.confirm or self.effect is Effect.IRREVERSIBLE or self.is_outside
        return f"{self.description} {_ASKS_ITSELF}" if is_asked else self.description

    async def __call__(self, *args: object, **kwargs: object) -> object:
        """Call the plain function, as a test does."""
        return await self.function(*args, **kwargs)


def tool(  # noqa: PLR0913 - each is one thing to say of a tool
    *,
    effect: str = "read",
    timeout_secs: float = 10.0,
    filler: str | None = None,
    confirm: str | None = None,
    persons: Iterable[str] | None = None,
    title: str = "",
) -> Callable[[ToolFunction], Tool]:
    """Make a tool out of an async function; its types and docstring become the schema.

    Args:
        effect: "read", "call", "write" or "irreversible"; see `Effect`.
        timeout_secs: How long one run may take.
        filler: Words said while the caller waits; None takes a general phrase.
        confirm: Question to the caller, over the arguments: "Shall I book {subject}?".
            Needed for an irreversible tool.
        persons: Who may use it, by the names that invites or a proxy give; None for everybody,
            also those whom nobody knows.
        title: What people read of it while it runs, in the language of the operator's callers.

    Raises:
        ToolDefinitionError: The function cannot be a tool; the message says why.
    """

    def decorate(function: ToolFunction) -> Tool:
        name = function.__name__
        _check_given(name, effect=effect, confirm=confirm, title=title)
        description, model = _inspect_function(function)
        for field in _fields_of(confirm or ""):
            if field not in model.model_fields:
                raise ToolDefinitionError(f"{name}: confirm names no argument {field!r}")
        schema = model.model_json_schema()
        if "$defs" in schema:
            raise ToolDefinitionError(f"{name}: use plain types, lists and Literal as arguments")
        return Tool(
            name=name,
            description=description,
            properties={key: _bare(value) for key, value in schema["properties"].items()},
            required=schema.get("required", []),
            validate=_validator(model),
            function=function,
            resources=_resources(function, has_default=False),
            optional_resources=_resources(function, has_default=True),
            effect=Effect(effect),
            timeout_secs=timeout_secs,
            filler=filler,
            confirm=confirm,
            persons=None if persons is None else tuple(persons),
            title=title,
        )

    return decorate


def _check_given(name: str, *, effect: str, confirm: str | None, title: str) -> None:
    if effect not in set(Effect):
        raise ToolDefinitionError(f"{name}: effect must be one of {[e.value for e in Effect]}")
    if effect == Effect.IRREVERSIBLE and not confirm:
        raise ToolDefinitionError(f"{name}: an irreversible tool needs a confirm question")
    if title != one_line(title):
        raise ToolDefinitionError(f"{name}: a title is one line of {MAX_TITLE_CHARS} characters")


def one_line(title: str) -> str:
    """Return of a title what people are shown."""
    shown = "".join(char if char.isprintable() else " " for char in title)
    return " ".join(shown.split())[:MAX_TITLE_CHARS].rstrip()


def _inspect_function(function: ToolFunction) -> tuple[str, type[BaseModel]]:
    """Return the description and the model of the arguments."""
    name = function.__name__
    if not inspect.iscoroutinefunction(function):
        raise ToolDefinitionError(f"{name}: a tool is an async function")
    docstring = parse(inspect.getdoc(function) or "")
    if not docstring.short_description:
        raise ToolDefinitionError(f"{name}: the docstring tells the model what the tool does")
    hints = get_type_hints(function, include_extras=True)
    described = {param.arg_name: param.description or "" for param in docstring.params}
    fields: dict[str, Any] = {}
    for param in inspect.signature(function).parameters.values():
        if param.kind is param.KEYWORD_ONLY:
            continue
        if param.kind is not param.POSITIONAL_OR_KEYWORD or param.name not in hints:
            raise ToolDefinitionError(f"{name}: argument {param.name!r} needs a type")
        if param.name not in described:
            raise ToolDefinitionError(f"{name}: the docstring does not describe {param.name!r}")
        default = ... if param.default is param.empty else param.default
        field = Field(default, description=described[param.name])
        fields[param.name] = (hints[param.name], field)
    # Unknown arguments are refused, so a model that invents one is told so.
    model = create_model(
        name, __config__=ConfigDict(extra="forbid", str_max_length=MAX_TEXT_CHARS), **fields
    )
    text = " ".join(filter(None, [docstring.short_description, docstring.long_description]))
    return " ".join(text.split()), model


def _resources(function: ToolFunction, *, has_default: bool) -> frozenset[str]:
    return frozenset(
        param.name
        for param in inspect.signature(function).parameters.values()
        if param.kind is param.KEYWORD_ONLY and (param.default is not param.empty) == has_default
    )


def _fields_of(template: str) -> set[str]:
    """Return the names in a format string: of "{starts_at:%A}" it is starts_at."""
    return {field for _, field, _, _ in Formatter().parse(template) if field}


def _validator(model: type[BaseModel]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    def validate(arguments: Mapping[str, Any]) -> dict[str, Any]:
        try:
            checked = model.model_validate(dict(arguments))
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, item['loc'])) or 'arguments'}: {item['msg']}"
                for item in error.errors(include_input=False, include_url=False)
            )
            raise ArgumentsError("wrong_arguments", problems) from None
        return {key: getattr(checked, key) for key in type(checked).model_fields}

    return validate


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema without what only costs tokens: titles and the general limit."""
    noise = {"title": schema.get("title"), "maxLength": MAX_TEXT_CHARS}
    return {key: value for key, value in schema.items() if noise.get(key) != value}

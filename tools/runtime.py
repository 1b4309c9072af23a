"""Runs the calls of one session's language model. The pipeline needs only `ToolRuntime`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

from loguru import logger
from pipecat.adapters.llm.schemas.direct_function import tool_options
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.frames.frames import FunctionCallResultProperties, TTSSpeakFrame
from pipecat.services.llm_service import FunctionCallParams

from tools.errors import ArgumentsError, ToolError
from tools.result import Quiet, framed, refused
from tools.tool import Effect, Tool

_TIMED_OUT = "It took too long, so it was given up. Tell the caller honestly."
_FAILED = "It failed for a reason I cannot see. Tell the caller honestly that it did not work."


class ToolRuntime:
    """Owns the tools of one session and what they need.

    Args:
        tools: What the model may call; a tool whose resources are missing is left out.
        resources: Clients, stores and callables, handed to the tools by name. `say` is there
            without being given: it speaks through the pipeline the call came from.
    """

    def __init__(self, *, tools: Iterable[Tool], resources: Mapping[str, object]) -> None:
        self._resources = dict(resources)
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            missing = sorted(tool.resources - {*self._resources, "say"})
            if missing:
                logger.warning("tool {} is left out, it needs {}", tool.name, missing)
            else:
                self._tools[tool.name] = tool

    def function_schemas(self) -> list[FunctionSchema]:
        """Return what goes into `LLMContext(tools=...)`; Pipecat registers the handlers itself."""
        return [
            FunctionSchema(
                name=tool.name,
                description=tool.description,
                properties=tool.properties,
                required=tool.required,
                handler=self._handler(tool),
            )
            for tool in self._tools.values()
        ]

    def _handler(self, tool: Tool) -> Callable[[FunctionCallParams], Awaitable[None]]:
        async def handle(params: FunctionCallParams) -> None:
            result, is_quiet = await self._run(tool, params)
            properties = FunctionCallResultProperties(run_llm=False) if is_quiet else None
            await params.result_callback(result, properties=properties)

        is_dropped = tool.effect in (Effect.READ, Effect.CALL)
        return tool_options(cancel_on_interruption=is_dropped)(handle)

    async def _run(self, tool: Tool, params: FunctionCallParams) -> tuple[dict[str, object], bool]:
        async def say(text: str) -> None:
            await params.llm.push_frame(TTSSpeakFrame(text, append_to_context=True))

        resources = {"say": say, **self._resources}
        wanted = tool.resources | tool.optional_resources
        handed = {name: resources[name] for name in wanted if name in resources}
        try:
            arguments = tool.validate(params.arguments)
            async with asyncio.timeout(tool.timeout_secs):
                value = await tool.function(**arguments, **handed)
        except ArgumentsError as error:
            return refused("wrong_arguments", error.message), False
        except ToolError as error:
            return refused(error.code, error.message), False
        except TimeoutError:
            return refused("timed_out", _TIMED_OUT), False
        except Exception as error:  # noqa: BLE001 - a tool may raise anything; the call must end
            # Only the type: the text of an exception may hold arguments or secrets.
            logger.warning("tool {} failed: {}", tool.name, type(error).__name__)
            return refused("failed", _FAILED), False
        return framed(value), isinstance(value, Quiet)

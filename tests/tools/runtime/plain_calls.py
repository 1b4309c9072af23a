"""A model that only calls tools: the runtime without a pipeline, a voice or a network."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

from pipecat.frames.frames import Frame, FunctionCallResultProperties, TTSSpeakFrame
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.llm_service import FunctionCallParams

from tools.runtime.runtime import ToolRuntime

_LIMIT_SECS = 10.0


class PlainCalls:
    """Makes calls of a session's runtime as Pipecat does.

    Args:
        runtime: Carries them out.
    """

    def __init__(self, runtime: ToolRuntime) -> None:
        self.runtime = runtime
        self.spoken: list[str] = []
        self._ids = itertools.count(1)

    async def make(
        self, name: str, arguments: Mapping[str, Any] | None = None, *, is_yes: bool = True
    ) -> dict[str, Any]:
        """Call a tool, answer the question about it if there is one, and return the result."""
        call_id, making = self.begin(name, arguments)
        while not making.done():
            await asyncio.sleep(0.01)
            if self.runtime.asks_about(call_id):
                await self.runtime.answer(call_id, is_yes=is_yes)
        return making.result()

    def begin(
        self, name: str, arguments: Mapping[str, Any] | None = None
    ) -> tuple[str, asyncio.Task[dict[str, Any]]]:
        """Propose and commit a call; returns its id and what waits for its result."""
        call_id = f"plain-{next(self._ids)}"
        self.runtime.propose([(call_id, name, dict(arguments or {}))])
        return call_id, asyncio.create_task(self._commit(call_id, name, dict(arguments or {})))

    async def _commit(self, call_id: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        results: list[Any] = []

        async def take(result: Any, *, properties: FunctionCallResultProperties) -> None:
            del properties
            results.append(result)

        params = FunctionCallParams(
            function_name=name,
            tool_call_id=call_id,
            arguments=arguments,
            llm=cast(Any, SimpleNamespace(push_frame=self._hear)),
            pipeline_worker=cast(Any, None),
            context=LLMContext(),
            result_callback=cast(Any, take),
        )
        async with asyncio.timeout(_LIMIT_SECS):
            await self.runtime.handler()(params)
        return json.loads(json.dumps(results[0]))

    async def _hear(self, frame: Frame) -> None:
        if isinstance(frame, TTSSpeakFrame):
            self.spoken.append(frame.text)

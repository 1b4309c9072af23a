"""The layer around a service whose SDK takes an HTTP client of ours."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from pipecat.processors.frame_processor import FrameProcessorSetup
from pipecat.utils.http import AsyncHTTPClient
from typing_extensions import override

from ..provider_requests import CONNECT_SECS, build_http_client
from .answering import Answering


class SdkAnswering(Answering):
    """Opens a connection before it is needed, and closes what is its own."""

    client: Any
    """Of the SDK; the service's file builds it, on `http_client_of`."""
    _own_http_client: AsyncHTTPClient | None = None
    _warm_task: asyncio.Task[None] | None = None

    def http_client_of(self, given: AsyncHTTPClient | None) -> Any:
        """Return the HTTP client that is shared, or else one of the service's own."""
        if given is None:
            given = self._own_http_client = build_http_client()
        return given

    @override
    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Open a connection before it is needed."""
        await super().setup(setup)
        self._warm_task = self.create_task(self._warm(), "warm")

    async def open_connection(self) -> None:
        """Make a request that costs nothing."""
        await self.client.models.list()

    async def _warm(self) -> None:
        # Whether it succeeds does not matter, nor how it fails: that is the SDK's own way.
        with suppress(Exception):
            async with asyncio.timeout(CONNECT_SECS):
                await self.open_connection()

    @override
    async def cleanup(self) -> None:
        """Close the HTTP client, if it is our own."""
        await super().cleanup()
        task, self._warm_task = self._warm_task, None
        if task:
            await self.cancel_task(task)
        if self._own_http_client:
            await self._own_http_client.aclose()

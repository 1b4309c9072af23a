"""The life of a connection to a recogniser that speaks Deepgram's protocol."""

from __future__ import annotations

import asyncio
from abc import abstractmethod

from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.utils.errors import ErrorCategory
from typing_extensions import override
from websockets.exceptions import InvalidStatus, WebSocketException

from processors.speech_to_text.connection_failures import ConnectionFailures
from processors.speech_to_text.deepgram_socket import DeepgramSocket, open_deepgram_socket

START_SECS = 3.0
"""The call begins without a recogniser that is not there by then; audio is kept for it meanwhile.
"""


class DeepgramConnection(DeepgramSTTService):
    """Keeps one connection open, in place of the SDK's, and tells of its failures once each.

    Args:
        api_key: Sent with every connection.
        base_url: Empty for Deepgram's own.
        settings: As for Pipecat's service.
        failures: Says how to go on after one.
        ttfs_p99_secs: From the end of speech to its final transcript, 99th percentile.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str,
        settings: DeepgramSTTService.Settings,
        failures: ConnectionFailures,
        ttfs_p99_secs: float,
    ) -> None:
        super().__init__(
            api_key=api_key, base_url=base_url, settings=settings, ttfs_p99_latency=ttfs_p99_secs
        )
        self._api_key = api_key
        self._base_url = base_url
        self._failures = failures
        self._connection: DeepgramSocket | None = None
        self._connected_secs: float | None = None
        self._was_useful = False

    @abstractmethod
    async def _begin_stream(self, socket: DeepgramSocket) -> None:
        """Give a new connection what it must hear first."""

    @abstractmethod
    async def _handle_message(self, raw: str | bytes) -> None:
        """Take what the service says."""

    @override
    async def _connection_handler(self) -> None:
        """Connect, listen, and connect again, until cancelled or beyond hope."""
        clock = asyncio.get_running_loop()
        start_secs = clock.time()
        try:
            while True:
                began_secs = clock.time()
                self._connected_secs = None
                problem, error = await self._serve_connection()
                now_secs = clock.time()
                if isinstance(error, InvalidStatus) and _is_refusal(error):
                    await self._tell(problem, error, is_permanent=True)
                    return
                self._failures.on_end(
                    began_secs=began_secs,
                    lived_secs=now_secs - (self._connected_secs or now_secs),
                    now_secs=now_secs,
                    was_useful=self._was_useful,
                )
                await self._tell(problem, error, is_permanent=self._failures.is_hopeless)
                if self._failures.is_hopeless:
                    return
                if now_secs - start_secs >= START_SECS:
                    self._connection_settled.set()
                await asyncio.sleep(self._failures.backoff_secs)
        finally:
            # Whoever waits for the service to connect must not wait for ever.
            self._connection_settled.set()

    async def _serve_connection(self) -> tuple[str, Exception | None]:
        """Run one connection to its end; returns what ended it."""
        keep_alive: asyncio.Task[None] | None = None
        self._was_useful = False
        try:
            async with open_deepgram_socket(
                base_url=self._base_url,
                api_key=self._api_key,
                query=self._build_connect_kwargs(),
            ) as socket:
                self._connected_secs = asyncio.get_running_loop().time()
                await self._begin_stream(socket)
                self._connection_settled.set()
                keep_alive = self.create_task(self._keepalive_handler(), "keep_alive")
                async for message in socket.messages():
                    await self._handle_message(message)
            return "the speech-to-text service closed the connection", None
        except InvalidStatus as error:
            status = error.response.status_code
            return f"the speech-to-text service refused the connection (HTTP {status})", error
        except (OSError, TimeoutError, WebSocketException, ValueError) as error:
            return f"the connection to the speech-to-text service failed ({_name(error)})", error
        finally:
            self._connection = None
            if keep_alive:
                await self.cancel_task(keep_alive)

    async def _tell(
        self, problem: str, error: Exception | None = None, *, is_permanent: bool = False
    ) -> None:
        """Report a failure; one of a kind until the service has worked again."""
        if not (self._failures.is_news(problem) or is_permanent):
            return
        is_refusal = isinstance(error, InvalidStatus)
        await self.push_error(
            error_msg=problem,
            exception=error,
            category=None if is_refusal else ErrorCategory.CONNECTIVITY,
            force_treat_as_permanent=is_permanent,
        )


def _is_refusal(error: InvalidStatus) -> bool:
    """True if asking again cannot help: a bad key or a bad request, not an overload."""
    status = error.response.status_code
    return 400 <= status < 500 and status not in (408, 429)


def _name(error: Exception) -> str:
    return type(error).__name__

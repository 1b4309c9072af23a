"""The real page and API over rooms that nobody can join."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

from anyio.from_thread import start_blocking_portal

from bot.http.listener import bind, url_of
from bot.http.page.page import PAGE_DIR
from bot.http.server import open_http_server
from tests.bot.http.api_client import open_api


@contextmanager
def served_page(**settings: object) -> Generator[str]:
    """Serve them while the block runs; yields the address."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(_served(**settings)) as url,
    ):
        yield url


@asynccontextmanager
async def _served(**settings: object) -> AsyncGenerator[str]:
    async with open_api(PAGE_DIR, **settings) as api:  # pyright: ignore[reportArgumentType]
        with bind("127.0.0.1", 0) as listener:
            async with open_http_server(api.app, listener=listener):
                yield url_of(listener)

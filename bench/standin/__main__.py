"""Run the stand-in on a free port of loopback; the port is printed on the first line."""

from __future__ import annotations

import asyncio
import signal

from aiohttp import web

from bench.standin.script import Script
from bench.standin.server import build_app


async def _serve() -> None:
    # Aborted requests must be seen at once: they are part of what is measured.
    runner = web.AppRunner(build_app(Script()), handler_cancellation=True, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, shutdown_timeout=0.2)
    await site.start()
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    print(runner.addresses[0][1], flush=True)
    await stopped.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve())

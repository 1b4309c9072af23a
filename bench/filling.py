"""How evenly workers fill: three of 4, 6 and 8 places, one call after the other, and six at once.

    python -m bench.filling --fills 20
    python -m bench.filling --fills 2 --nodes 3 --pause 3
    python -m bench.filling --fills 10 --alone

The bots do nothing, so that many calls cost nothing. After every call (every six) each worker's are
counted: by how many calls is one off its share, at most, and above its places? `--nodes` makes
LiveKit a cluster (with Redis), whose nodes have a worker each in turn; `--alone` leaves the workers
without a common store.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import asdict
from pathlib import Path

import httpx

from bench.rows import RowFile, machine
from bench.stage import free_port, quiet_logs
from bench.stats import percentile
from bot.livekit.config import LiveKitPorts, build_livekit_config
from bot.livekit.install import find_or_install
from bot.settings import load_settings
from tests.filling import SIZES, Step, deviation, open_filling
from tests.postgres_server import postgres_server
from tests.waiting import until

_KEY, _SECRET = "bench", "a-secret-of-this-bench-alone-0123456789"


@asynccontextmanager
async def _process(
    *command: str, text: bytes = b"", log: Path
) -> AsyncGenerator[asyncio.subprocess.Process]:
    with log.open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=sink, stderr=sink
        )
    assert process.stdin is not None
    process.stdin.write(text)
    process.stdin.close()
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def _open_nodes(count: int, folder: Path) -> AsyncGenerator[Sequence[str]]:
    """Run so many nodes of one LiveKit; gives their addresses."""
    binary = str(await find_or_install(load_settings()))
    async with AsyncExitStack() as stack:
        shared: dict[str, object] = {}
        if count > 1:
            port = str(free_port())
            command = ("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "")
            await stack.enter_async_context(_process(*command, log=folder / "redis.log"))
            shared = {"redis": {"address": f"127.0.0.1:{port}"}}
        urls: list[str] = []
        for number in range(count):
            ports = LiveKitPorts(http=0, media_udp=0).or_free_ones()
            own = build_livekit_config(
                ports=ports, api_key=_KEY, api_secret=_SECRET, webhook_url=None
            )
            config = json.dumps({**json.loads(own), **shared}).encode()
            command = (binary, "--config", "/dev/stdin")
            log = folder / f"livekit-{number}.log"
            await stack.enter_async_context(_process(*command, text=config, log=log))
            urls.append(f"ws://127.0.0.1:{ports.http}")
        async with httpx.AsyncClient(trust_env=False) as http:
            for url in urls:
                await until(lambda url=url: _answers(http, url), limit_secs=30.0)
        yield urls


async def _answers(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url.replace("ws", "http", 1))).is_success
    except httpx.HTTPError:
        return False


async def _run(options: argparse.Namespace) -> None:
    with ExitStack() as stack, RowFile("filling") as rows:
        rows.add(kind="machine", **machine())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database_url = "" if options.alone else stack.enter_context(postgres_server())
        async with (
            _open_nodes(options.nodes, folder) as urls,
            open_filling(
                urls, key=_KEY, secret=_SECRET, database_url=database_url, folder=folder
            ) as filling,
        ):
            for at_once in options.at_once:
                fills = [
                    await filling.fill(
                        at_once=at_once, pause_secs=options.pause, is_parked=options.parked
                    )
                    for _ in range(options.fills)
                ]
                for number, steps in enumerate(fills):
                    for step in steps:
                        rows.add(kind="step", at_once=at_once, fill=number, **asdict(step))
                _report(at_once, fills)
        print(f"rows: {rows.path}")


def _report(at_once: int, fills: Sequence[Sequence[Step]]) -> None:
    off = [[deviation(step.held) for step in steps] for steps in fills]
    every = [one for steps in off for one in steps]
    taken_ms = [1000 * step.secs for steps in fills for step in steps]
    print(
        f"{at_once} at once, {len(fills)} fills of {sum(SIZES)}: calls off the share, at most"
        f" {max(every):.2f}, p95 {percentile(every, 95):.2f}, mean {sum(every) / len(every):.2f};"
        f" above 1: {sum(one > 1 for one in every)} of {len(every)} looks;"
        f" taken after p50 {percentile(taken_ms, 50):.0f}, p95 {percentile(taken_ms, 95):.0f} ms"
    )
    beyond = [
        max(held - places for held, places in zip(step.held, SIZES, strict=True))
        for steps in fills
        for step in steps
    ]
    print(f"  above a worker's places, at most: {max(0, *beyond)}")
    worst = (f"{max(column):.2f}" for column in zip(*off, strict=True))
    print(f"  at most, step by step: {' '.join(worst)}", flush=True)


def _main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fills", type=int, default=20, help="of each kind")
    parser.add_argument("--at-once", nargs="+", type=int, default=[1, 6])
    parser.add_argument("--pause", type=float, default=0.0, help="seconds after each look")
    parser.add_argument("--nodes", type=int, default=1, help="of LiveKit")
    parser.add_argument("--parked", action="store_true", help="rooms that nobody waits for")
    parser.add_argument("--alone", action="store_true", help="workers have no common store")
    quiet_logs()
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    _main()

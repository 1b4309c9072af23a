"""One session of one subject on a wire room; started by bench/inprocess.py, in either environment.

Prints its rows as JSON lines.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.exchange import Talk
from bench.standin.server import Standin, reach_standin
from bench.wire import calling, installed
from bench.wire_room import CALLER, WireRoom

_SETTLE_SECS = 1.5


@asynccontextmanager
async def _ours(standin: Standin) -> AsyncGenerator[None]:
    from bench.inprocess_ours import run_session

    task = asyncio.create_task(run_session(standin, room=WireRoom(), caller_identity=CALLER))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def _pipecat(standin: Standin) -> AsyncGenerator[None]:
    from pipecat.transports.livekit.transport import LiveKitParams, LiveKitTransport
    from pipecat.workers.runner import WorkerRunner

    from bench.peers.pipecat_plain import build_worker

    params = LiveKitParams(audio_in_enabled=True, audio_out_enabled=True)
    transport = LiveKitTransport("wire", "wire", "wire", params)
    worker, _ = build_worker(
        transport, websocket_url=standin.websocket_url, openai_url=standin.openai_url
    )
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    task = asyncio.create_task(runner.run())
    yield
    await runner.cancel()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def _livekit_agents(standin: Standin) -> AsyncGenerator[None]:
    from bench.peers.livekit_agents_wire import open_session

    async with open_session(standin.port):
        yield


_SUBJECTS = {"ours": _ours, "pipecat": _pipecat, "livekit-agents": _livekit_agents}


def _used_secs() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def _run(options: argparse.Namespace) -> None:
    folder = Path(options.questions)
    questions = {path.stem: path.read_bytes() for path in sorted(folder.glob("*.pcm"))}  # noqa: ASYNC240 - before anything runs
    with installed():
        async with (
            reach_standin(options.port) as standin,
            calling() as caller,
            _SUBJECTS[options.subject](standin),
        ):
            await asyncio.sleep(_SETTLE_SECS)
            talk = Talk(caller=caller, standin=standin, questions=questions, seed=options.seed)
            await talk.settle()
            start_secs, start_used_secs = time.monotonic(), _used_secs()
            exchanges = [await talk.plain_turn(kind="first")]
            await talk.finish_reply()
            for _ in range(options.cycles):
                exchanges.append(await talk.plain_turn())
                await talk.finish_reply()
                exchanges.extend(await talk.interrupted_turn())
                await talk.finish_reply()
            used_secs, length_secs = _used_secs() - start_used_secs, time.monotonic() - start_secs
            for exchange in exchanges:
                print(json.dumps(exchange.as_row()))
            figures = {
                "kind": "session",
                "lag_p99_ms": caller.microphone.lag_p99_ms,
                "cpu_percent": 100 * used_secs / length_secs,
            }
            print(json.dumps(figures), flush=True)


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subject", choices=list(_SUBJECTS), required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--questions", required=True)
    parser.add_argument("--cycles", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    if options.subject == "ours":
        from bench.inprocess_ours import prepare_process

        prepare_process()
    asyncio.run(_run(options))


if __name__ == "__main__":
    _main()

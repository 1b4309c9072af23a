"""How soon `runner.py` is ready, and how long a start takes to answer, of several trees.

    git worktree add ../before COMMIT    # with .venv, .cache and web/out of this one linked into it
    python -m bench.ready --trees ../before . --runs 10

Each tree in turn is started as it is by `make run`, without a key, with its own LiveKit server and
providers. Processor time of all its processes says the same on a machine that others use too.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

import httpx

from bench.process import cpu_secs, tree
from bench.rows import RowFile, machine
from bench.stage import free_port, log_text, open_process, quiet_logs
from bench.stats import summarize

_LOG = "ready"
_READY = "Parley is ready"
_START_LIMIT_SECS = 120.0
_POLL_SECS = 0.01
_PARKED_POLL_SECS = 0.05
_SETTLE_SECS = 6.0
"""A bot waits in a parked room by then, and after each start another one does."""
_MARKS = (
    "ready_ms",
    "ready_cpu_ms",
    "parked_ms",
    "parked_cpu_ms",
    "first_post_ms",
    "post_ms",
)


async def _look_at(rows: RowFile, folder: Path, *, run: int, posts: int) -> None:
    port = free_port()
    settings = {"PORT": str(port), "WORKER_PORT": str(free_port())}
    settings |= {"STARTS_PER_MINUTE": "1000", "MAX_SESSIONS": "16"}
    began_secs = time.monotonic()
    command = [sys.executable, "runner.py"]
    async with open_process(command, folder, log=_LOG, **settings) as process:
        async with asyncio.timeout(_START_LIMIT_SECS):
            while _READY not in log_text(_LOG):
                if process.returncode is not None:
                    raise RuntimeError(f"{folder} does not start: {log_text(_LOG)[-500:]}")
                await asyncio.sleep(_POLL_SECS)
        marks = _marks("ready", process.pid, began_secs)
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=30.0, trust_env=False
        ) as http:
            await _until_parked(http)
            marks |= _marks("parked", process.pid, began_secs)
            rows.add(kind="ready", tree=str(folder), run=run, **marks)
            await _start_calls(rows, folder, http, posts)


def _marks(what: str, pid: int, began_secs: float) -> dict[str, float]:
    """Return how long it took until now, and how much processor time."""
    return {
        f"{what}_ms": 1000 * (time.monotonic() - began_secs),
        f"{what}_cpu_ms": 1000 * sum(map(cpu_secs, tree(pid))),
    }


async def _until_parked(http: httpx.AsyncClient) -> None:
    """Wait for the first bot that is ready for a caller."""
    async with asyncio.timeout(_START_LIMIT_SECS):
        while not (await http.get("/api/health")).json()["capacity"]["parked"]:  # noqa: ASYNC110
            # It has to be asked.
            await asyncio.sleep(_PARKED_POLL_SECS)


async def _start_calls(rows: RowFile, folder: Path, http: httpx.AsyncClient, posts: int) -> None:
    for number in range(posts):
        await asyncio.sleep(_SETTLE_SECS)
        began_secs = time.monotonic()
        answer = await http.post("/api/sessions", json={})
        took_ms = 1000 * (time.monotonic() - began_secs)
        told = answer.raise_for_status().json()
        rows.add(
            kind="post",
            tree=str(folder),
            **{"post_ms" if number else "first_post_ms": took_ms},
        )
        await http.delete(
            f"/api/sessions/{told['session_id']}",
            headers={"Authorization": f"Bearer {told['participant_token']}"},
        )


async def _run(options: argparse.Namespace) -> None:
    with RowFile("ready") as rows:
        rows.add(kind="machine", **machine())
        # The first of each reads its files from the disk.
        for run in range(options.runs + 1):
            for folder in options.trees:
                await _look_at(rows, folder.resolve(), run=run, posts=options.posts if run else 0)
        for folder in options.trees:
            own = [row for row in rows.rows if row.get("tree") == str(folder.resolve())]
            print(folder)
            for mark in _MARKS:
                values = [row[mark] for row in own if mark in row and row.get("run") != 0]
                print(f"  {mark:14}{summarize(values)}")
        print(f"rows: {rows.path}")


def _main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trees", nargs="+", type=Path, default=[Path()])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--posts", type=int, default=4, help="of each run")
    quiet_logs()
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    _main()

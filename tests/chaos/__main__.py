"""Every fault at every moment of a call; the table goes into docs/reliability.md.

python -m tests.chaos
python -m tests.chaos --faults "bot killed,worker killed" --no-table
python -m tests.chaos --soak 200 --seed 7
python -m tests.chaos --memory 20
python -m tests.chaos --store 1000
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from bench.stage import RESULTS, quiet_logs
from bench.svg import curves
from tests.chaos.assistant import open_assistant
from tests.chaos.cell import Cell
from tests.chaos.faults import BY_NAME, FAULTS, Fault
from tests.chaos.matrix import batches_of, run_batch, warm_up
from tests.chaos.memory import kill_at_random
from tests.chaos.soak import Soak, soak
from tests.chaos.store_kills import kill_writers
from tests.chaos.table import table_of, write_table
from tests.postgres_server import find_postgres, postgres_server

_MINUTES = 90.0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faults", default="", help="names, separated by commas; all by default")
    parser.add_argument("--moments", default="", help="the same")
    parser.add_argument("--minutes", type=float, default=_MINUTES, help="no cell begins later")
    parser.add_argument("--soak", type=int, default=0, help="so many short calls instead")
    parser.add_argument("--memory", type=int, default=0, help="so many kills in a story instead")
    parser.add_argument("--store", type=int, default=0, help="so many killed writers instead")
    parser.add_argument("--seed", type=int, default=None, help="of what is random; printed")
    parser.add_argument("--light", action="store_true", help="type, and hear a tone: no models")
    parser.add_argument("--no-table", action="store_true", help="leave docs/reliability.md alone")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()


async def _matrix(
    faults: Sequence[Fault], moments: set[str], *, minutes: float, is_light: bool
) -> list[Cell]:
    deadline = time.monotonic() + minutes * 60
    cells: list[Cell] = []
    ordered = sorted(faults, key=lambda fault: fault.has_lines)
    for has_lines, group in itertools.groupby(ordered, key=lambda fault: fault.has_lines):
        with tempfile.TemporaryDirectory(prefix="parley-chaos-") as folder:
            async with open_assistant(
                Path(folder), has_lines=has_lines, is_light=is_light and has_lines
            ) as assistant:
                for fault, batch in ((one, batch) for one in group for batch in batches_of(one)):
                    batch = [one for one in batch if not moments or one.name in moments]
                    if not batch or time.monotonic() > deadline:
                        continue
                    found = await run_batch(assistant, fault, batch)
                    cells += found
                    for cell in found:
                        verdict = "; ".join(cell.problems) or "holds"
                        _say(f"{len(cells):3} {cell.fault}, {cell.moment}: {verdict}")
    return cells


async def _soak(sessions: int, seed: int, minutes: float) -> Soak:
    with tempfile.TemporaryDirectory(prefix="parley-chaos-") as folder:
        async with open_assistant(Path(folder)) as assistant:
            return await soak(assistant, sessions=sessions, seed=seed, minutes=minutes, say=_say)


async def _memory(kills: int, seed: int) -> list[str]:
    dice = random.Random(seed)
    problems: list[str] = []
    with tempfile.TemporaryDirectory(prefix="parley-chaos-") as folder:
        async with open_assistant(Path(folder)) as assistant:
            for number in range(kills):
                problem = await kill_at_random(assistant, dice=dice)
                problems += [problem] if problem else []
                _say(f"kill {number + 1}: {problem or 'everything is remembered'}")
    return problems


def _tell_memory(options: argparse.Namespace, seed: int) -> int:
    problems = asyncio.run(_memory(options.memory, seed))
    _say(f"{options.memory - len(problems)} of {options.memory} remember every word but one")
    return 1 if problems else 0


def _tell_store(options: argparse.Namespace, seed: int) -> int:
    problems: list[str] = []
    with ExitStack() as stack:
        servers = {"SQLite": ""}
        if find_postgres() is not None:
            servers["Postgres"] = stack.enter_context(postgres_server())
        for name, server in servers.items():
            dice = random.Random(seed)
            found = asyncio.run(kill_writers(server, kills=options.store, dice=dice, say=_say))
            problems += found.problems
            _say(
                f"{name}: {sum(found.kills.values())} kills, {sum(found.in_time.values())} in the"
                f" middle; {found.lost_turns} turns lost; "
                + ("; ".join(found.problems) or "nothing is corrupt")
            )
    return 1 if problems else 0


def _tell_soak(options: argparse.Namespace, seed: int) -> int:
    found = asyncio.run(_soak(options.soak, seed, options.minutes))
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "soak.json").write_text(json.dumps(asdict(found), indent=1))
    lines = {"runner": found.runner_mb, "worker": found.worker_mb}
    plot = curves(lines, x_unit="sessions", y_unit="MB of its own")
    (RESULTS / "soak.svg").write_text(plot)
    _say(f"{len(found.sessions)} sessions, {found.answered} answered; {found.faults}")
    _say("; ".join(found.problems) or "nothing is left")
    return 1 if found.problems else 0


def _tell_matrix(options: argparse.Namespace) -> int:
    names = [name.strip() for name in options.faults.split(",") if name.strip()]
    faults = [BY_NAME[name] for name in names] or FAULTS
    moments = {name.strip() for name in options.moments.split(",") if name.strip()}
    cells = asyncio.run(_matrix(faults, moments, minutes=options.minutes, is_light=options.light))
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / "chaos.jsonl"
    path.write_text("".join(json.dumps(asdict(cell)) + "\n" for cell in cells))
    broken = [cell for cell in cells if cell.problems]
    _say(f"{len(cells) - len(broken)} of {len(cells)} cells hold; all that was seen: {path}")
    if not options.no_table:
        write_table(table_of(cells))
    return 1 if broken else 0


def main() -> int:
    """Run what was asked for; 0 if nothing is wrong."""
    options = _options()
    quiet_logs()
    seed = random.randrange(1_000_000) if options.seed is None else options.seed
    if options.store:
        _say(f"seed {seed}")
        return _tell_store(options, seed)
    warm_up()
    if not (options.soak or options.memory):
        return _tell_matrix(options)
    _say(f"seed {seed}")
    return _tell_soak(options, seed) if options.soak else _tell_memory(options, seed)


if __name__ == "__main__":
    sys.exit(main())

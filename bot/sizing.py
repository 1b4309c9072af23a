"""What so many calls at once take: cores, memory, machines, bandwidth, and the vendors' money.

Reckoned from `sizing.toml`, which `python -m bench.load --keep` measures, and `prices.toml`.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter

from bot.prices import Price, price_of
from bot.settings import Settings
from bot.stages.table import stages_of

TABLE = Path(__file__).with_name("sizing.toml")

GB_PER_CORE = 2.0
"""Of an ordinary rented machine."""
_SYSTEM_MB = 1000.0
"""Left to the operating system, its file cache and what comes at once."""
READ_TOKENS = 33_000
"""A minute of quick talk (docs/cost.md): what the model reads, none of it cached."""
SPOKEN_CHARS = 450
"""A minute in which the bot speaks for half: 900 characters are a minute of speech."""
WRITTEN_TOKENS = 150
"""What was spoken, at three characters a token."""
_MONTH_MINUTES = 22 * 8 * 60
_HEADER_BYTES = 50 * 28
"""A second and way at most: 50 packets of 20 ms of sound, each with the headers of IPv4 (20 bytes)
and UDP (8), which the clients that the figures are from do not count."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured; a pair is what there is without a call, and what each one adds."""

    date: date
    commit: str
    machine: str
    calls: int
    """That held there, with their callers on the same machine."""
    busy_share: float
    """Of that machine's cores then: more is not planned with."""
    cores: tuple[float, float]
    livekit_cores: tuple[float, float]
    memory_mb: tuple[float, float]
    up_bytes: int
    """A second, from the caller to LiveKit."""
    down_bytes: int


@dataclass(frozen=True, kw_only=True)
class Sizing:
    """What so many calls take."""

    calls: int
    machine_cores: int
    calls_per_machine: int
    """What MAX_SESSIONS of a machine is to be."""
    bot_machines: int
    livekit_machines: int
    cores: float
    livekit_cores: float
    memory_gb: float


def figures() -> Figures:
    """Return the figures as they are kept."""
    return TypeAdapter(Figures).validate_python(tomllib.loads(TABLE.read_text(encoding="utf-8")))


def size(calls: int, *, machine_cores: int, found: Figures) -> Sizing:
    """Reckon with machines of so many cores, each with `GB_PER_CORE` for one."""
    usable_cores = machine_cores * found.busy_share
    usable_mb = machine_cores * GB_PER_CORE * 1000 - _SYSTEM_MB
    fit = min(
        (usable_cores - found.cores[0]) / found.cores[1],
        (usable_mb - found.memory_mb[0]) / found.memory_mb[1],
    )
    each = max(1, math.floor(fit))
    machines = math.ceil(calls / each)
    livekit_cores = found.livekit_cores[0] + calls * found.livekit_cores[1]
    return Sizing(
        calls=calls,
        machine_cores=machine_cores,
        calls_per_machine=each,
        bot_machines=machines,
        livekit_machines=math.ceil(livekit_cores / usable_cores),
        cores=machines * found.cores[0] + calls * found.cores[1],
        livekit_cores=livekit_cores,
        memory_gb=(machines * found.memory_mb[0] + calls * found.memory_mb[1]) / 1000,
    )


def money_per_minute(settings: Settings) -> dict[str, float | None]:
    """Return what each provider takes for a minute of talk, in dollars; None: it has no price.

    Who stands in for one that fails is paid in its place: not reckoned with.
    """
    return {
        stage.kind.name: 0.0 if stage.is_local else _price(price_of(stage.shown_model))
        for stage in stages_of(settings)
    }


def _price(price: Price | None) -> float | None:
    if price is None:
        return None
    return (
        (READ_TOKENS * price.get("input", 0) + WRITTEN_TOKENS * price.get("output", 0)) / 1_000_000
        + SPOKEN_CHARS * price.get("speech", 0) / 1_000_000
        + price.get("heard", 0)
    )


def describe(settings: Settings, calls: int, *, machine_cores: int) -> str:
    """Return the plan for an operator to read."""
    found = figures()
    sized = size(calls, machine_cores=machine_cores, found=found)
    to_caller, from_caller = (
        calls * (rate + _HEADER_BYTES) * 8 / 1_000_000
        for rate in (found.down_bytes, found.up_bytes)
    )
    lines = [
        f"{calls} calls at once, on machines of {machine_cores} cores and"
        f" {machine_cores * GB_PER_CORE:g} GB:",
        "",
        f"  bots      {_machines(sized.bot_machines)} ({sized.cores:.1f} cores,"
        f" {sized.memory_gb:.1f} GB in use); on each MAX_SESSIONS={sized.calls_per_machine}",
        f"  LiveKit   {_machines(sized.livekit_machines)} ({sized.livekit_cores:.1f} cores in use)",
        f"  network   {from_caller:.1f} Mbit/s from callers and {to_caller:.1f} to them, headers of"
        " IP and UDP included; the same again between LiveKit and the bots",
        *_money_lines(money_per_minute(settings), calls),
        "",
        f"Measured {found.date} on {found.machine} (commit {found.commit}): {found.calls} calls"
        f" held there, callers and LiveKit included, with {found.busy_share:.0%} of it busy.",
        "Machines cost what yours cost. What breaks first on the way up: docs/scaling.md.",
    ]
    if any(stage.is_local for stage in stages_of(settings).in_use()):
        lines.append(
            "Providers that run on these machines take more: not in these figures. Measure yours"
            " with `python -m bench.keyless`."
        )
    return "\n".join(lines)


def _machines(number: int) -> str:
    return "1 machine" if number == 1 else f"{number} machines"


def _money_lines(money: dict[str, float | None], calls: int) -> Iterable[str]:
    known = sum(value for value in money.values() if value is not None)
    named = ", ".join(
        f"{name} {'has no price' if value is None else f'{1000 * value:.2f}'}"
        for name, value in money.items()
    )
    yield f"  vendors   {1000 * known:.2f} $ for 1,000 minutes of quick talk ({named})"
    yield (
        f"            {calls * _MONTH_MINUTES * known:,.0f} $ a month, if all of them talk"
        " for 8 hours on 22 days"
    )

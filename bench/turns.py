"""End of turn: how often a policy cuts a caller who goes on, against how long it keeps one waiting.

    python -m bench.turns

Every pause of the corpus is judged on its own, hearing only what came before, at the moments at
which the policy looks. Stock Smart Turn looks once, 200 ms into the pause; ours looks as
processors/turns/patience.py says, and reads the words a recogniser has by then. Both policies are
swept; the curve is the best false-cut rate within each budget of dead air. Times are audio times:
neither side pays for its computing here.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product

from bench.ear import understood
from bench.rows import RowFile, machine
from bench.sound import SAMPLE_RATE_HZ
from bench.stage import quiet_logs
from bench.turn_corpus import Pause, Turn, turns
from bench.voice import spoken
from bot.languages.en import LANGUAGE as ENGLISH
from processors.turns import analyzer
from processors.turns.patience import (
    LIKELY_PROBABILITY,
    LOOK_SECS,
    TextKind,
    is_over,
    kind_of,
    likelihood_of,
)

STOCK_LOOK_SECS = 0.2
BUDGETS_MS = (200, 300, 400, 600, 800, 1000, 1500, 2000)
_STOCK_THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))
_STOCK_DELAYS_SECS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
_STOCK_TIMEOUTS_SECS = (0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0)
STOCK_DEFAULT = (0.5, 0.2, 3.0)
_OUR_SCALES = (0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 3.0)
_OUR_SHIFTS = (-0.3, -0.2, -0.1, 0.0, 0.1, 0.2)
_OUR_DELAYS_SECS = (0.0, *_STOCK_DELAYS_SECS)
OUR_DEFAULT = (1.0, 0.0, 0.0)
_STEP_SECS = 0.01
_LONGEST_SECS = 3.2


@dataclass(frozen=True)
class Judged:
    """One pause and what the turn model said during it."""

    turn: str
    secs: float
    is_end: bool
    text_kind: str
    stock: float
    """Probability of being done, 200 ms into the pause; 0.0 if the pause is shorter."""
    looks: tuple[float, ...]
    """The same at each of our looks that the pause reaches."""


@dataclass(frozen=True)
class Point:
    """One setting of a policy."""

    policy: str
    setting: tuple[float, ...]
    false_cut_percent: float
    """Of the pauses in which the caller went on."""
    dead_air_ms: float
    """Mean silence at the ends of turns before the policy acted."""


def judge(turn: Turn) -> list[Judged]:
    """Run the turn model over a turn's pauses."""
    judged: list[Judged] = []
    for pause in turn.pauses:
        heard = turn.pcm[: 2 * pause.start]
        looks = [at for at in LOOK_SECS if at < pause.secs]
        judged.append(
            Judged(
                turn=turn.name,
                secs=pause.secs,
                is_end=pause.is_end,
                text_kind=kind_of(understood(heard), ENGLISH.caller_words).value,
                stock=_probability(turn, pause, STOCK_LOOK_SECS),
                looks=tuple(_probability(turn, pause, at) for at in looks),
            )
        )
    return judged


def _probability(turn: Turn, pause: Pause, at_secs: float) -> float:
    if at_secs >= pause.secs:
        return 0.0
    end = pause.start + round(at_secs * SAMPLE_RATE_HZ)
    return analyzer.judge(turn.pcm[: 2 * end])


def stock_acts_secs(pause: Judged, setting: tuple[float, ...]) -> float:
    """Return when stock Smart Turn ends the turn, in silence since the last word."""
    threshold, delay_secs, timeout_secs = setting
    return delay_secs if pause.stock >= threshold else timeout_secs


def our_acts_secs(pause: Judged, setting: tuple[float, ...]) -> float:
    """Return when our policy ends the turn, in silence since the last word."""
    scale, shift, delay_secs = setting
    kind = TextKind(pause.text_kind)
    for step in range(round(delay_secs / _STEP_SECS), round(_LONGEST_SECS / _STEP_SECS)):
        silence_secs = step * _STEP_SECS
        done = [p for at, p in zip(LOOK_SECS, pause.looks, strict=False) if at <= silence_secs]
        probability = max(0.0, likelihood_of(done) + shift) if done else 0.0
        if is_over(silence_secs / scale, probability, kind):
            return silence_secs
    return _LONGEST_SECS


def sweep(pauses: Sequence[Judged]) -> Iterator[Point]:
    """Yield every setting of both policies."""
    for setting in product(_STOCK_THRESHOLDS, _STOCK_DELAYS_SECS, _STOCK_TIMEOUTS_SECS):
        yield _point("stock", setting, pauses)
    for setting in product(_OUR_SCALES, _OUR_SHIFTS, _OUR_DELAYS_SECS):
        yield _point("ours", setting, pauses)


def _point(policy: str, setting: tuple[float, ...], pauses: Sequence[Judged]) -> Point:
    acts = stock_acts_secs if policy == "stock" else our_acts_secs
    holds = [pause for pause in pauses if not pause.is_end]
    ends = [pause for pause in pauses if pause.is_end]
    cuts = sum(acts(pause, setting) < pause.secs for pause in holds)
    waits_secs = [acts(pause, setting) for pause in ends]
    return Point(policy, setting, 100 * cuts / len(holds), 1000 * sum(waits_secs) / len(waits_secs))


def best_within(points: Sequence[Point], policy: str, budget_ms: float) -> Point | None:
    """Return a policy's lowest false-cut rate whose dead air fits the budget."""
    fitting = [p for p in points if p.policy == policy and p.dead_air_ms <= budget_ms]
    return min(
        fitting, key=lambda point: (point.false_cut_percent, point.dead_air_ms), default=None
    )


def model_calls_per_turn(pauses: Sequence[Judged]) -> float:
    """Return the language model requests a turn: one a pause that looks like the end."""
    calls = 0
    for pause in pauses:
        is_likely = any(
            likelihood_of(pause.looks[: look + 1]) >= LIKELY_PROBABILITY
            for look in range(len(pause.looks))
        )
        is_asked = is_likely and pause.text_kind == TextKind.PLAIN.value
        calls += 1 if is_asked or pause.is_end else 0
    return calls / sum(pause.is_end for pause in pauses)


def print_table(pauses: Sequence[Judged], points: Sequence[Point]) -> None:
    """Print both curves, their ratio, and where each default lies."""
    ends = sum(pause.is_end for pause in pauses)
    print(f"{ends} turns, {len(pauses) - ends} pauses inside them")
    print(f"model calls a turn: {model_calls_per_turn(pauses):.2f} (goal 1.4)")
    print("dead air within   stock cuts   ours cuts   ratio")
    for budget_ms in BUDGETS_MS:
        stock = best_within(points, "stock", budget_ms)
        ours = best_within(points, "ours", budget_ms)
        if stock is None or ours is None:
            print(f"{budget_ms:8} ms       {_cut(stock)}      {_cut(ours)}")
            continue
        ratio = ours.false_cut_percent / max(stock.false_cut_percent, 1e-9)
        print(f"{budget_ms:8} ms       {_cut(stock)}      {_cut(ours)}    {ratio:.2f}")
    for policy, setting in (("stock", STOCK_DEFAULT), ("ours", OUR_DEFAULT)):
        point = _point(policy, setting, pauses)
        print(f"{policy} as set: cuts {_cut(point)}, dead air {point.dead_air_ms:.0f} ms")


def _cut(point: Point | None) -> str:
    return "   -   " if point is None else f"{point.false_cut_percent:5.1f} %"


def _run(limit: int, seed: int) -> None:
    spoken("Warm up.")
    pauses: list[Judged] = []
    with RowFile("turns") as rows:
        rows.add(kind="machine", **machine(), seed=seed)
        for number, turn in enumerate(turns(seed=seed)):
            if number >= limit:
                break
            judged = judge(turn)
            pauses += judged
            for pause in judged:
                rows.add(kind="pause", **asdict(pause))
        points = list(sweep(pauses))
        for point in points:
            rows.add(kind="point", **asdict(point))
        print_table(pauses, points)
        print(f"\nrows: {rows.path}")


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=1000, help="use only so many turns")
    parser.add_argument("--seed", type=int, default=1, help="another one makes other pauses")
    quiet_logs()
    options = parser.parse_args()
    _run(options.limit, options.seed)


if __name__ == "__main__":
    _main()

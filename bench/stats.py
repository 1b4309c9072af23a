"""Percentiles and confidence: what a row of a report is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from typing_extensions import override

_RESAMPLES = 2000
_MIN_FOR_INTERVAL = 5


def percentile(values: Sequence[float], rank: float) -> float:
    """Return the `rank`-th percentile (0 to 100), interpolated."""
    return float(np.percentile(values, rank))


@dataclass(frozen=True)
class Summary:
    """One cell of a table: `n` values, their median and tail, and how sure the median is."""

    n: int
    p50: float
    p95: float
    max: float
    p50_low: float
    """Lower end of the bootstrap 95 % interval of the median."""
    p50_high: float
    mean: float

    @override
    def __str__(self) -> str:
        return (
            f"p50 {self.p50:.0f} [{self.p50_low:.0f}, {self.p50_high:.0f}]"
            f"  p95 {self.p95:.0f}  max {self.max:.0f}  n={self.n}"
        )


def summarize(values: Sequence[float], *, seed: int = 0) -> Summary | None:
    """Return the summary of `values`; None if there are none."""
    if not values:
        return None
    data = np.asarray(values, dtype=float)
    low = high = float(np.median(data))
    if data.size >= _MIN_FOR_INTERVAL:
        generator = np.random.default_rng(seed)
        draws = generator.choice(data, size=(_RESAMPLES, data.size), replace=True)
        low, high = (float(v) for v in np.percentile(np.median(draws, axis=1), [2.5, 97.5]))
    return Summary(
        n=int(data.size),
        p50=float(np.median(data)),
        p95=percentile(values, 95),
        max=float(data.max()),
        p50_low=low,
        p50_high=high,
        mean=float(data.mean()),
    )

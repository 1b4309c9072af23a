"""When Flux ends a turn: its thresholds, and how sure it is.

How sure Flux is depends on nothing but the quiet here. With the 50 ms that every message is behind
its audio, a turn ends 260 ms after its last word at the default threshold of 0.7 ("about 260 ms
end-of-turn detection", developers.deepgram.com/docs/flux/quickstart), and 180 to 150 ms sooner at
0.3 to 0.5 ("150 to 250 ms", developers.telnyx.com on `eager_eot_threshold`: the least of it). A
caller who hesitates would make it sure too soon, now and then; the bench's lines have no pauses.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

_QUIET_SECS = (0.0, 0.03, 0.06, 0.21, 0.5, 1.0, 2.0)
_CONFIDENCES = (0.05, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)
"""After so much quiet; both are guesses beyond 0.7."""


@dataclass(frozen=True)
class FluxOptions:
    """When a turn ends; defaults and limits as in docs/flux/configuration."""

    eot_threshold: float = 0.7
    eager_eot_threshold: float | None = None
    eot_timeout_ms: int = 5000

    @classmethod
    def of(cls, fields: Mapping[str, Any], known: FluxOptions | None = None) -> FluxOptions:
        """Read a query, or a `Configure` message's thresholds over what is `known`.

        Raises:
            ValueError: if a value is out of its limits.
        """
        asked: dict[str, Any] = {}
        for name, low, high, kind in (
            ("eot_threshold", 0.5, 1.0, float),
            ("eager_eot_threshold", 0.3, 0.9, float),
            ("eot_timeout_ms", 500, 60_000, int),
        ):
            if fields.get(name) is not None:
                asked[name] = kind(fields[name])
                if not low <= asked[name] <= high:
                    raise ValueError(f"{name} is not between {low} and {high}")
        return replace(known or cls(), **asked)


def confidence_after(quiet_secs: float) -> float:
    """Return how sure Flux is that a turn is over after so much quiet."""
    return float(np.interp(quiet_secs, _QUIET_SECS, _CONFIDENCES))


def quiet_secs_of(confidence: float) -> float:
    """Return the quiet that makes Flux so sure; inf: it never is."""
    if confidence > _CONFIDENCES[-1]:
        return math.inf
    return float(np.interp(confidence, _CONFIDENCES, _QUIET_SECS))

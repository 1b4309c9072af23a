"""What the model has done since the caller last spoke."""

from __future__ import annotations

from collections import Counter

# A model that calls tools this often without a word has lost its way.
MAX_TOOL_STEPS = 5
_MAX_CORRECTIONS = 2


class Turn:
    """Counts what is limited within one turn of the caller."""

    def __init__(self, number: int, *, max_steps: int, has_read_data: bool = False) -> None:
        self.number = number
        self.has_read_data = has_read_data
        """The model has read text from outside: what it does next may be that text's idea."""
        self.steps = 0
        self._max_steps = max_steps
        self._corrections: Counter[str] = Counter()

    def has_too_many_steps(self, step: int) -> bool:
        return step > self._max_steps

    def is_hopeless(self, step: int) -> bool:
        """Tell whether the model went on although it was told to stop calling tools."""
        return step > self._max_steps + 1

    def may_correct(self, tool_name: str) -> bool:
        """Count one wrong call of the tool; False when the model had its chances."""
        self._corrections[tool_name] += 1
        return self._corrections[tool_name] <= _MAX_CORRECTIONS

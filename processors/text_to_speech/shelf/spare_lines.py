"""What is said when the voice that should say it does not speak: made before, and kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SpareLines:
    """Lines of one language, made by the voice itself early in a call."""

    late: str
    """The voice is late."""
    lost: str
    """It failed, and is tried again."""
    stop: str
    """It is gone for good."""
    others: tuple[str, ...] = ()
    """Said by others, of other troubles, when the voice may be down as well."""

    def __iter__(self) -> Iterator[str]:
        """Yield all of them, the likeliest first."""
        yield from (self.lost, self.late, *self.others, self.stop)

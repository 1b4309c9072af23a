"""What a planted defect is."""

from __future__ import annotations

from dataclasses import dataclass

from tests.layout import PROJECT_ROOT


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One small edit, such as a careless hand or an upgrade makes, that a user would feel."""

    name: str
    """Short and of its own, such as "second-start-with-the-same-key"."""
    promise: str
    """The words of the mark of at least one of `tests`."""
    file: str
    """The source it changes, relative to the project."""
    before: str
    """The code it stands on: in `file` exactly once, or somebody has to look again."""
    after: str
    tests: tuple[str, ...]
    """Of pytest by their ids; of vitest as `web/tests/<file>::<part of a title>`."""

    @property
    def is_stale(self) -> bool:
        """Whether the code it stands on has gone."""
        path = PROJECT_ROOT / self.file
        return not path.is_file() or path.read_text(encoding="utf-8").count(self.before) != 1

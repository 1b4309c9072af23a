"""Makes the defects that the tests of the whole page notice."""

from __future__ import annotations

from tests.mutants.mutant import Mutant


def page_mutant(name: str, promise: str, where: str, file: str, before: str, after: str) -> Mutant:
    """Return a defect whose test carries its promise's words, in `web/tests/page/<where>`."""
    return Mutant(
        name=f"page-{name}",
        promise=promise,
        file=file,
        before=before,
        after=after,
        tests=(f"web/tests/page/{where}.test.tsx::{promise}",),
    )

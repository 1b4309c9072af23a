"""End to end: the real runner with everything it starts, on free ports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import ARTEFACTS_DIR
from tests.e2e.stack import Stack, open_stack


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    """The assistant with no setting but the ports, shared by the tests of this folder."""
    with open_stack(ARTEFACTS_DIR / "runner.log") as opened:
        yield opened

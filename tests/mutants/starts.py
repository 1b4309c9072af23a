"""Against what is promised of starts, rooms and the HTTP API."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_API = "tests/bot/http/test_api.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="second-start-with-the-same-key",
        promise="A start that is repeated with its key costs no second one.",
        file="bot/http/idempotency.py",
        before="if entry.answer is None:\n                entry.answer = await work()",
        after="entry.answer = await work()",
        tests=(f"{_API}::test_simultaneous_duplicates_share_one_start",),
    ),
    Mutant(
        name="key-is-not-read",
        promise="A start that is repeated with its key costs no second one.",
        file="bot/http/api.py",
        before='request.headers.get("idempotency-key")',
        after='request.headers.get("x-idempotency-key")',
        tests=(f"{_API}::test_simultaneous_duplicates_share_one_start",),
    ),
)

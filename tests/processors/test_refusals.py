from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from processors.provider_requests import ProviderError, failure_of, is_transient
from processors.refusals import DoubtedRefusalError, ServiceRefusals
from processors.retry_after import retry_after_secs
from tests import unkind_server
from tests.bot.call.test_answers import EXCUSES
from tests.processors.language_model.test_asking_again import impatient_talk
from tests.unkind_server import Answer, text
from tests.virtual_time import run_in_virtual_time

_PAGE = "<HTML><title>Not here</title></HTML>"
_MARKED_PAGE = b"""<html><meta name="robots" content="none"><template></template>
<main role="main">No support<script>function f() {}</script></main></html>"""


def refused(status: int | None, body: object = None) -> ProviderError:
    return ProviderError(body=body, code="", status_code=status, retry_after_secs=3.0)


KEY = refused(401)
GONE = refused(404, "404 page not found")


def in_a_call(hold: Callable[[ServiceRefusals], Awaitable[None]], *, has_served: bool) -> None:
    async def call() -> None:
        refusals = ServiceRefusals()
        if has_served:
            refusals.note_served()
        await hold(refusals)

    run_in_virtual_time(call())


@pytest.mark.promise(
    "What the caller hears",
    "A service that has served a call, and refuses as if for good, is asked again: for 5 s where "
    "it refuses the key, else as one that is gone. One that has not is believed at once.",
)
@pytest.mark.parametrize(
    ("error", "doubted_secs"),
    [
        (KEY, 5.0),
        (refused(403, {"error": "Forbidden"}), 5.0),
        (refused(400, "API key not valid"), 5.0),
        (GONE, None),
        (refused(404), None),
        (refused(404, {"detail": "Not Found"}), None),
        *((refused(status, _PAGE), None) for status in (400, 401, 403, 404, 405)),
        *((refused(status, _PAGE), 0.0) for status in (413, 414, 431)),
        (refused(404, "The model `m` does not exist: not found"), 0.0),
        (refused(400, "too long"), 0.0),
        (refused(402), 0.0),
        (refused(500, _PAGE), 0.0),
        (refused(None), 0.0),
        (TimeoutError(), 0.0),
    ],
)
@pytest.mark.parametrize("has_served", [True, False])
def test_who_has_served_is_believed_later(
    error: Exception, doubted_secs: float | None, *, has_served: bool
) -> None:
    async def hold(refusals: ServiceRefusals) -> None:
        for at_secs in range(30):
            is_doubted = isinstance(refusals.judged(error), DoubtedRefusalError)
            is_due = doubted_secs is None or at_secs < doubted_secs
            assert is_doubted is (has_served and is_due)
            await asyncio.sleep(1.0)

    in_a_call(hold, has_served=has_served)


@pytest.mark.parametrize("between", ["served", "another failure", "a long time", "nothing"])
def test_each_trouble_has_its_own_time(between: str) -> None:
    async def hold(refusals: ServiceRefusals) -> None:
        refusals.judged(KEY)
        await asyncio.sleep(61.0 if between == "a long time" else 6.0)
        if between == "served":
            refusals.note_served()
        elif between == "another failure":
            refusals.judged(refused(500))
        assert (refusals.judged(KEY) is KEY) is (between == "nothing")

    in_a_call(hold, has_served=True)


def test_a_doubted_refusal_may_pass_and_says_what_it_is() -> None:
    async def hold(refusals: ServiceRefusals) -> None:
        doubted = refusals.judged(refused(404, "words of the caller"))
        problem, category = failure_of(doubted)
        assert "404" in problem and "caller" not in problem
        assert is_transient(doubted) and not category.is_permanent
        assert retry_after_secs(doubted) == 3.0

    in_a_call(hold, has_served=True)


@pytest.mark.parametrize(
    "refusal",
    [
        *(unkind_server.plain(_MARKED_PAGE, status=status) for status in (400, 404, 405)),
        unkind_server.refused(400, "API key not valid. Pass a valid API key."),
        unkind_server.refused(401, "This role has no key for tools."),
    ],
)
async def test_what_passes_teaches_a_model_nothing(
    monkeypatch: pytest.MonkeyPatch, refusal: Answer
) -> None:
    async with impatient_talk(monkeypatch, text("Ja.")) as talk:
        await talk.types("Hallo?")
        await talk.until_spoken("Ja.")
        talk.server.otherwise = text("Gern.")
        refusals = [refusal] * 4
        talk.server.rule = lambda _: refusals.pop() if refusals else None
        await talk.types("Wie spät ist es?")
        await talk.until_spoken("Ja.", EXCUSES.moment, "Gern.")
        first, *_, last = talk.server.requests
    assert last["messages"][: len(first["messages"])] == first["messages"]
    assert first.keys() == last.keys()


async def test_a_key_that_stays_refused_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.refusals.REFUSED_SECS", 2.0)
    # The two attempts of one turn are nearer to each other than two turns.
    async with impatient_talk(monkeypatch, text("Ja."), pause_secs=2.5) as talk:
        await talk.types("Hallo?")
        await talk.until_spoken("Ja.")
        talk.server.rule = lambda _: unkind_server.refused(401)
        await talk.types("Wie spät ist es?")
        await talk.until_spoken("Ja.", EXCUSES.moment, EXCUSES.unusable)

"""One table of what a model's server may do, through every service: what the caller hears."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from pipecat.frames.frames import InterruptionFrame

from tests.model_call import EXCUSES, ModelCall, open_model_call
from tests.services.language_model.dialects import ANTHROPIC, GOOGLE, VENDORS, Vendor, Wire
from tests.services.stand_ins import anthropic, google
from tests.tools.sample_tools import look_up
from tests.unkind_server import Answer, End, closes, hangs, late

WORDS = "It is noon."

_PATIENCE_SECS = 30.0
"""A server that does not hang has all the time it needs, on any machine."""

_OF_HANGING_SECS = 0.3

Answers = Callable[[Wire], list[Answer]]


@dataclass(frozen=True)
class Case:
    """What a server answers, one after the other, and what comes of it."""

    name: str
    answers: Answers
    heard: str = WORDS
    looked_up: tuple[int, ...] = ()
    asked: int = 1
    errors: int = 0
    hangs: int = 0
    """Requests in a row, from the first one on, in which nothing more comes."""


def _sorry(
    name: str, answers: Answers, heard: str = EXCUSES.apology, asked: int = 2, **options: Any
) -> Case:
    return Case(name, answers, heard, asked=asked, errors=1, **options)


def _twice(answer: Callable[[Wire], Answer]) -> Answers:
    return lambda wire: [answer(wire), answer(wire)]


def _then_words(answer: Callable[[Wire], Answer]) -> Answers:
    return lambda wire: [answer(wire), wire.text("It is ", "noon.")]


FAILURES: dict[str, Callable[[Wire], Answer]] = {
    "hangs": lambda _: hangs(),
    "hangs before its first word": lambda wire: wire.text(end="hang"),
    "closes": lambda _: closes(),
    "ends without a word": lambda wire: wire.text(),
    "breaks off before its first word": lambda wire: wire.text(end="abort"),
    "429": lambda wire: wire.refused(429),
    "500": lambda wire: wire.refused(500),
    "529": lambda wire: wire.refused(529),
    "an error inside": lambda wire: wire.error_inside(),
    "broken JSON": lambda wire: wire.broken(),
}
"""Which may pass."""


def _hangs(failure: str) -> bool:
    return failure.startswith("hangs")


CASES = [
    Case("words", lambda wire: [wire.text("It is ", "noon.")]),
    Case("late", lambda wire: [late(wire.text(WORDS), secs=0.1)]),
    Case("a thought first", lambda wire: [wire.thought("Hm. ", "So.", words=WORDS)]),
    *(
        Case(f"{name}, once", _then_words(answer), asked=2, hangs=1 if _hangs(name) else 0)
        for name, answer in FAILURES.items()
    ),
    *(
        _sorry(f"{name}, always", _twice(answer), hangs=2 if _hangs(name) else 0)
        for name, answer in FAILURES.items()
    ),
    _sorry("401", lambda wire: [wire.refused(401)], EXCUSES.unusable, asked=1),
    _sorry(
        "stalls between words",
        lambda wire: [wire.text("It is ", end="hang")],
        f"It is {EXCUSES.cut}",
        asked=1,
        hangs=1,
    ),
    _sorry(
        "breaks off between words",
        lambda wire: [wire.text("It is ", end="abort")],
        f"It is {EXCUSES.cut}",
        asked=1,
    ),
    _sorry(
        "an error after words",
        lambda wire: [wire.error_inside("It is ")],
        f"It is {EXCUSES.cut}",
        asked=1,
    ),
    Case("a call", lambda w: [w.calls('{"number": 1}'), w.text(WORDS)], looked_up=(1,), asked=2),
    Case(
        "a call after words",
        lambda wire: [wire.calls('{"number": 1}', words="Let me see."), wire.text(WORDS)],
        f"Let me see. {WORDS}",
        looked_up=(1,),
        asked=2,
    ),
    Case(
        "two calls",
        lambda wire: [wire.calls('{"number": 1}', '{"number": 2}'), wire.text(WORDS)],
        looked_up=(1, 2),
        asked=2,
    ),
    Case(
        "a call with malformed arguments, once",
        lambda w: [w.calls('{"number": '), w.calls('{"number": 1}'), w.text(WORDS)],
        looked_up=(1,),
        asked=3,
    ),
    Case(
        "nothing to say of a call, once",
        lambda wire: [wire.calls('{"number": 1}'), wire.text(), wire.text(WORDS)],
        looked_up=(1,),
        asked=3,
    ),
    Case(
        "fails to say what came of a call",
        lambda w: [w.calls('{"number": 1}'), w.refused(500), w.refused(500)],
        EXCUSES.after_tool,
        looked_up=(1,),
        asked=3,
        errors=1,
    ),
    Case("a listing", lambda wire: [wire.text("```\nx = 1\n", "y = 2\n```")], EXCUSES.unspeakable),
]
JUDGED = [
    _sorry("ends in mid-word", lambda w: [w.unended("It is n")], f"It is n {EXCUSES.cut}", asked=1),
    _sorry("cut", lambda w: [w.cut("It is ")], f"It is {EXCUSES.cut}", asked=1),
    _sorry("refused by the model", lambda w: [w.filtered()], EXCUSES.filtered, asked=1),
]
"""What the protocol says of a reply, and Pipecat's own services pass over."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.language_model.attempts.PAUSE_SECS", 0.01)
    monkeypatch.setattr("processors.language_model.answering.SLOW_SECS", _PATIENCE_SECS)
    wait(monkeypatch, _PATIENCE_SECS)


def wait(monkeypatch: pytest.MonkeyPatch, secs: float) -> None:
    """Let each request from now on be waited for this long, at its start and in between."""
    monkeypatch.setattr("processors.language_model.attempting.FIRST_TOKEN_SECS", secs)
    monkeypatch.setattr("processors.language_model.attempting.STALL_SECS", secs)


@pytest.fixture(params=VENDORS, ids=lambda vendor: vendor.name)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    return request.param


@asynccontextmanager
async def _open(vendor: Vendor, *answers: Answer) -> AsyncGenerator[ModelCall]:
    async with open_model_call(build=vendor.build, tools=[look_up]) as talk:
        talk.server.endpoints = (vendor.endpoint,)
        talk.server.answers = list(answers)
        talk.server.otherwise = vendor.wire.refused(500)
        yield talk


@pytest.mark.parametrize("ending", ["hang", "abort"])
async def test_what_fails_after_the_end_of_a_reply_makes_it_no_less(
    monkeypatch: pytest.MonkeyPatch, ending: End
) -> None:
    said = [google.chunk({"text": "It is "}, finish="STOP"), google.chunk({"text": "noon. "})]
    call = google.chunk(google.call("look_up", {"number": 1}), finish="STOP")
    answers = [google.stream(*said, call, end=ending), GOOGLE.wire.text(WORDS)]
    wait(monkeypatch, 3.0)
    async with _open(GOOGLE, *answers) as talk:
        await talk.caller_says()
        await talk.until_heard(f"{WORDS} {WORDS}")
        await talk.finish()
        assert talk.heard == f"{WORDS} {WORDS}"
        assert len(talk.results) == 1
        assert not talk.errors


async def test_a_request_that_google_filters_is_not_made_again() -> None:
    blocked: dict[str, Any] = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
    async with _open(GOOGLE, google.stream(blocked)) as talk:
        await talk.caller_says()
        await talk.until_heard(EXCUSES.filtered)
        assert len(talk.server.requests) == 1


@pytest.mark.promise(
    "Language model",
    "A model that is busy is asked again when it says, if that is within 5 s.",
)
@pytest.mark.parametrize(
    ("vendor", "refusal", "asked"),
    [
        (ANTHROPIC, anthropic.refused(429, headers={"retry-after": "9"}), 1),
        (GOOGLE, google.refused(429, headers={"retry-after": "9"}), 1),
        (GOOGLE, google.refused(429, retry_delay="9.5s"), 1),
        *((GOOGLE, google.refused(429, retry_delay=one), 2) for one in ("soon", "-9s", "0.05s")),
    ],
)
async def test_a_busy_server_is_left_alone(vendor: Vendor, refusal: Answer, asked: int) -> None:
    async with _open(vendor, refusal, vendor.wire.text(WORDS)) as talk:
        await talk.caller_says()
        await talk.until_heard(EXCUSES.apology if asked == 1 else WORDS)
        assert len(talk.server.requests) == asked


async def test_arguments_may_stand_where_an_anthropic_call_begins() -> None:
    call = anthropic.call("look_up", "{}")
    call[0]["content_block"]["input"] = {"number": 1}
    whole = anthropic.stream(call[0], call[-1], *anthropic.stop("tool_use"))
    async with _open(ANTHROPIC, whole, ANTHROPIC.wire.text(WORDS)) as talk:
        await talk.caller_says()
        await talk.until_heard(WORDS)
        await talk.finish()
        assert [json.loads(one)["data"]["number"] for one in talk.results] == [1]


@pytest.mark.promise(
    "Language model",
    "A turn never ends in silence: what a model fails to say is asked for once more, and then "
    "excused in words that are true.",
)
@pytest.mark.parametrize("case", [*CASES, *JUDGED], ids=lambda case: case.name)
async def test_the_caller_hears_what_is_true(
    monkeypatch: pytest.MonkeyPatch, vendor: Vendor, case: Case
) -> None:
    if vendor.reads_on and case in JUDGED:
        pytest.skip("Pipecat's own service passes over it")
    if case.hangs:
        wait(monkeypatch, _OF_HANGING_SECS)
    async with _open(vendor, *case.answers(vendor.wire)) as talk:
        await talk.caller_says()
        await talk.until(lambda: len(talk.server.requests) >= case.hangs)
        wait(monkeypatch, _PATIENCE_SECS)
        await talk.until_heard(case.heard)
        await talk.finish()
        assert talk.heard == case.heard
        assert talk.said == case.heard
        numbers = [json.loads(result)["data"]["number"] for result in talk.results]
        assert numbers == [*case.looked_up]
        assert len(talk.server.requests) == case.asked
        assert len(talk.errors) == case.errors
        assert not [frame for frame in talk.errors if "words of" in frame.error]


@pytest.mark.promise(
    "Language model",
    "An answer that was made ahead and failed is withdrawn, and nobody hears of it.",
)
@pytest.mark.parametrize("failure", FAILURES)
async def test_ahead_of_the_end_of_the_turn_nobody_has_heard_of_a_failure(
    monkeypatch: pytest.MonkeyPatch, vendor: Vendor, failure: str
) -> None:
    if _hangs(failure):
        wait(monkeypatch, _OF_HANGING_SECS)
    async with _open(vendor) as talk:
        talk.server.otherwise = FAILURES[failure](vendor.wire)
        await talk.caller_pauses()
        await talk.until(lambda: talk.ear.withdrawn)
        wait(monkeypatch, _PATIENCE_SECS)
        talk.server.otherwise = vendor.wire.text(WORDS)
        await talk.caller_ends()
        await talk.caller_says()
        await talk.until_heard(WORDS)
        await talk.finish()
        assert talk.heard == WORDS
        assert not talk.errors


async def test_an_answer_made_ahead_is_heard_when_the_turn_has_ended(vendor: Vendor) -> None:
    async with _open(vendor, vendor.wire.text("It is ", "noon.")) as talk:
        await talk.caller_pauses()
        await talk.until(lambda: talk.server.requests)
        assert not talk.heard
        await talk.caller_ends()
        await talk.until_heard(WORDS)
        assert len(talk.server.requests) == 1


@pytest.mark.promise(
    "Language model",
    "A tool is not run for a turn that may still go on.",
)
async def test_a_call_made_ahead_is_not_carried_out(vendor: Vendor) -> None:
    call = vendor.wire.calls('{"number": 1}')
    async with _open(vendor, call, call, vendor.wire.text(WORDS)) as talk:
        await talk.caller_pauses()
        await talk.until(lambda: talk.ear.withdrawn)
        assert not talk.results
        await talk.caller_ends()
        await talk.caller_says()
        await talk.until_heard(WORDS)
        assert len(talk.results) == 1


@pytest.mark.promise(
    "Language model",
    "Of an answer that was interrupted nothing more is heard, and its request is broken off.",
)
async def test_an_interruption_leaves_nothing_to_be_heard(vendor: Vendor) -> None:
    async with _open(vendor, hangs(), vendor.wire.text(WORDS)) as talk:
        await talk.caller_says()
        await talk.until(lambda: talk.server.requests)
        await talk.worker.queue_frame(InterruptionFrame())
        await talk.caller_says("What time is it?")
        await talk.until_heard(WORDS)
        await talk.finish()
        assert talk.heard == WORDS
        assert len(talk.server.requests) == 2
        assert not talk.errors


async def test_a_slow_answer_is_announced(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.language_model.answering.SLOW_SECS", 0.05)
    async with _open(vendor, late(vendor.wire.text(WORDS), secs=0.15)) as talk:
        await talk.caller_says()
        await talk.until_said(WORDS)
        await talk.finish()
        assert talk.heard == f"{EXCUSES.slow} {WORDS}"
        assert talk.said == WORDS

"""The same key is the same start."""

from __future__ import annotations

import asyncio

import pytest

from bot.http.errors import ApiError
from bot.http.starts.idempotency import MAX_KEY_CHARS, Idempotency
from tests.fake_clock import FakeClock


class Work:
    """Counts how often it is done."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self) -> int:
        self.count += 1
        await asyncio.sleep(0)
        return self.count


async def test_concurrent_duplicates_do_the_work_once() -> None:
    answers, work = Idempotency[int](), Work()
    calls = (answers.run("key-12345", address="a", body="", work=work) for _ in range(50))
    assert set(await asyncio.gather(*calls)) == {1}
    assert work.count == 1


async def test_keys_of_two_addresses_are_two_keys() -> None:
    answers, work = Idempotency[int](), Work()
    assert await answers.run("key-12345", address="a", body="", work=work) == 1
    assert await answers.run("key-12345", address="b", body="", work=work) == 2


async def test_other_body_is_a_conflict() -> None:
    answers, work = Idempotency[int](), Work()
    await answers.run("key-12345", address="a", body="1", work=work)
    with pytest.raises(ApiError) as caught:
        await answers.run("key-12345", address="a", body="2", work=work)
    assert caught.value.code == "idempotency_conflict"


async def test_failed_work_is_done_again() -> None:
    answers, work = Idempotency[int](), Work()

    async def fail() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await answers.run("key-12345", address="a", body="", work=fail)
    assert await answers.run("key-12345", address="a", body="", work=work) == 1


@pytest.mark.promise(
    "Starting a call", "A start that is repeated with its key costs no second one."
)
async def test_answer_is_remembered_for_minutes_and_forgotten_then() -> None:
    clock = FakeClock()
    answers, work = Idempotency[int](clock=clock), Work()
    await answers.run("key-12345", address="a", body="1", work=work)
    for _ in range(4):
        clock.now += 60.0
        await answers.run(f"other-{clock.now}", address="a", body="1", work=Work())
        assert await answers.run("key-12345", address="a", body="1", work=work) == 1
    clock.now += 61.0  # being asked for has not made it younger
    assert await answers.run("key-12345", address="a", body="2", work=work) == 2


@pytest.mark.promise(
    "Starting a call", "A start that is repeated with its key costs no second one."
)
async def test_start_under_way_is_not_forgotten_however_many_others_come() -> None:
    answers, work, is_answered = Idempotency[int](), Work(), asyncio.Event()

    async def slow() -> int:
        await is_answered.wait()
        return await work()

    first = asyncio.create_task(answers.run("key-12345", address="a", body="", work=slow))
    await asyncio.sleep(0)
    for number in range(1_001):
        await answers.run(f"other-{number:05}", address="b", body="", work=Work())
    again = asyncio.create_task(answers.run("key-12345", address="a", body="", work=slow))
    await asyncio.sleep(0)
    is_answered.set()
    assert await asyncio.gather(first, again) == [1, 1]


async def test_memory_is_bounded() -> None:
    answers, work = Idempotency[int](), Work()
    for number in range(1_001):
        await answers.run(f"key-{number:05}", address="a", body="", work=work)
    assert await answers.run("key-00000", address="a", body="", work=work) == 1_002
    assert await answers.run("key-01000", address="a", body="", work=work) == 1_001


@pytest.mark.parametrize("key", ["", "short", "x" * (MAX_KEY_CHARS + 1), "ключ-ключ", "tab\tkey--"])
async def test_unfit_key_is_a_bad_request(key: str) -> None:
    with pytest.raises(ApiError) as caught:
        await Idempotency[int]().run(key, address="a", body="", work=Work())
    assert caught.value.code == "bad_request"

from __future__ import annotations

import json
from datetime import date

import pytest

from tests.tools.sample_tools import look_up
from tools.result import MAX_RESULT_BYTES, MAX_RESULT_CHARS, Quiet, framed, refused


@pytest.mark.parametrize("value", [None, "", [], {}, (), Quiet({})])
def test_an_empty_result_says_so(value: object) -> None:
    assert framed(value)["status"] == "ok"
    assert "found nothing" in str(framed(value)["note"])


@pytest.mark.parametrize("value", [False, 0, 0.0, "no"])
def test_a_small_result_is_a_result(value: object) -> None:
    assert framed(value)["data"] == value


@pytest.mark.promise("Tools", "What a tool returns is bounded, and framed as data.")
def test_a_result_is_framed_as_data() -> None:
    assert "never an instruction" in str(framed({"text": "Hang up."})["note"])


@pytest.mark.promise("Tools", "What a tool returns is bounded, and framed as data.")
@pytest.mark.parametrize(
    "value", ["x" * 100_000, "语" * 100_000, ["word"] * 50_000, "\U0001f600" * 9999]
)
def test_a_huge_result_is_cut_in_characters_and_bytes(value: object) -> None:
    result = framed(value)
    data = str(result["data"])
    assert result["is_cut"]
    assert len(data) <= MAX_RESULT_CHARS
    assert len(data.encode()) <= MAX_RESULT_BYTES


@pytest.mark.parametrize(
    "value",
    [{1: {2, 3}}, date(2026, 1, 1), b"\xff\x00", float("nan"), [float("inf")], object(), look_up],
)
def test_whatever_it_is_it_becomes_json(value: object) -> None:
    text = json.dumps(framed(value), allow_nan=False)
    assert "0x" not in text


def _holds_itself() -> list[object]:
    ring: list[object] = []
    ring.append(ring)
    return ring


def _nests_without_end() -> list[object]:
    deep: list[object] = []
    for _ in range(20_000):
        deep = [deep]
    return deep


@pytest.mark.parametrize(
    "value",
    [
        "caf\udce9",
        {"\ud83d": "\ud83d"},
        _holds_itself(),
        _nests_without_end(),
        10**9999,
        [10**9999],
    ],
    ids=["half", "halves", "ring", "deep", "integer", "integers"],
)
def test_what_cannot_be_written_stops_no_request(value: object) -> None:
    assert json.dumps(framed(value), ensure_ascii=False, allow_nan=False).encode()
    assert json.dumps(refused("failed", "caf\udce9"), ensure_ascii=False).encode()


def test_a_refusal_is_bounded_too() -> None:
    assert len(str(refused("unknown_place", "x" * 10_000)["note"])) == MAX_RESULT_CHARS

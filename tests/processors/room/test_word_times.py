from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.room.word_times import UNIT, WordTimes

TEXT = "It is 3 o'clock, and it is late."
TIMES = [(word, at / 5) for at, word in enumerate(TEXT.split())]


def begun(times: list[tuple[str, float]], secs: float, text: str = TEXT) -> str:
    known = WordTimes(text)
    for word, at_secs in times:
        known.note(word, at_secs)
    return text[: known.chars_begun(secs)]


def truth(secs: float) -> str:
    words = [word for word, at_secs in TIMES if at_secs < secs]
    return " ".join(words)


@pytest.mark.parametrize("tenths", range(18))
@pytest.mark.parametrize(
    "times",
    [
        TIMES,
        [(word.strip(",.").upper(), at) for word, at in TIMES],
        [(half, at) for w, at in TIMES for half in (w[: len(w) // 2], w[len(w) // 2 :]) if half],
        [(word.replace("3", "three"), at) for word, at in TIMES],
    ],
    ids=["as written", "bare", "in pieces", "as spoken"],
)
def test_just_the_words_that_have_begun(times: list[tuple[str, float]], tenths: int) -> None:
    secs = tenths / 10 + 0.05
    assert begun(times, secs) == truth(secs)


@pytest.mark.parametrize("tenths", range(18))
def test_words_without_a_time_are_never_early(tenths: int) -> None:
    secs = tenths / 10 + 0.05
    heard = begun(TIMES[::2], secs)
    assert truth(secs).startswith(heard)
    # A word without a time waits for the next, the last one for the end of the sentence.
    assert heard.startswith(truth(min(secs - 0.25, 1.3)))


@pytest.mark.parametrize("tenths", range(8))
def test_times_may_come_in_any_order(tenths: int) -> None:
    text = "One two three four."
    times = [("four.", 0.6), ("three", 0.4), ("two", 0.2), ("One", 0.0)]
    secs = tenths / 10 + 0.05
    words = [word for word, at in reversed(times) if at < secs]
    assert begun(times, secs, text) == " ".join(words)


def test_a_script_without_spaces_is_cut_at_its_signs() -> None:
    text = "「きょう」は、カ\u3099ラスの日です。"
    units = [match.group() for match in UNIT.finditer(text)]
    assert units == ["「きょ", "う」", "は、", "カ\u3099", "ラ", "ス", "の", "日", "で", "す。"]


def test_signs_with_times_are_heard_one_by_one() -> None:
    text = "今日は、Parleyです。"
    times = [
        (sign, at / 10) for at, sign in enumerate(["今", "日", "は、", "Parley", "で", "す。"])
    ]
    heard = [begun(times, secs / 100, text) for secs in (5, 15, 25, 35, 45, 55)]
    assert heard == ["今", "今日", "今日は、", "今日は、Parley", "今日は、Parleyで", text]


@given(st.text(max_size=40))
def test_every_text_is_cut_whole_and_never_before_a_mark(text: str) -> None:
    text = text.strip()
    units = [match.group() for match in UNIT.finditer(text)]
    assert "".join(units) == text
    assert not any(unit[0] in "\u3099\u309a\ufe0f\u0301\u200d" for unit in units[1:])

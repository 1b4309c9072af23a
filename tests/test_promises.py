"""Every promise is written at its test, has defects planted against it, and is on the page."""

from __future__ import annotations

from tests.mutants.planted import MUTANTS
from tests.promises import PAGE, TOPICS, page, promises


def test_each_has_a_topic_and_is_one_sentence() -> None:
    wrong = [
        promise
        for promise in promises()
        if promise.topic not in TOPICS or not promise.words.endswith(".") or "|" in promise.words
    ]
    assert not wrong


def test_each_has_defects_planted_against_it() -> None:
    planted = {mutant.promise for mutant in MUTANTS}
    assert not {promise.words for promise in promises()} - planted


def test_the_page_is_as_the_marks_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tests.promises`"

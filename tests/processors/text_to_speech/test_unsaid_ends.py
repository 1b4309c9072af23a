from __future__ import annotations

import pytest

from processors.frames import SpokenWord
from processors.text_to_speech.unsaid_ends import UnsaidEnds


def told(*words: str) -> list[SpokenWord]:
    """Return words that are half a second apart."""
    return [SpokenWord(word, at / 2) for at, word in enumerate(words)]


@pytest.mark.parametrize(
    ("text", "words", "made_secs", "is_whole"),
    [
        ("It is noon.", told("It", "is", "noon."), 2.2, True),
        ("It is noon.", told("It", "is", "noon."), 1.4, False),
        ("It is noon.", told("It", "is"), 2.2, False),
        ("It is noon.", told("It", "noon."), 2.2, False),
        ("No, no, no!", told("No,", "no,"), 2.2, False),
        ("No, no, no!", told("No,", "no,", "no!"), 2.2, True),
        ("It is noon.", told("It", " i", "s ", "no", "on", "."), 3.0, True),
        ("It is noon.", [*reversed(told("It", "is", "noon."))], 2.2, True),
        ("It is 12.", told("It", "is", "twelve"), 2.2, False),
        ("Noon.", told("Noon."), 9.0, False),
        ("It is noon.", [], 9.0, False),
    ],
)
def test_a_text_is_whole_when_its_last_word_was_said(
    text: str, words: list[SpokenWord], made_secs: float, is_whole: bool
) -> None:
    ends = UnsaidEnds(gives_all=True)
    assert ends.is_one(text, words=words, made_secs=made_secs) is is_whole
    assert ends.is_sure is is_whole


@pytest.mark.parametrize(("again_secs", "is_whole"), [(2.0, True), (2.2, True), (1.2, False)])
def test_a_text_that_ends_where_it_ended_before_is_whole(again_secs: float, is_whole: bool) -> None:
    ends = UnsaidEnds(gives_all=True)
    assert not ends.is_one("It is noon.", words=[], made_secs=2.0)
    assert not ends.is_one("It is one.", words=[], made_secs=0.5)
    assert ends.is_one("It is noon.", words=[], made_secs=again_secs) is is_whole
    # Then each one is.
    assert ends.is_one("It is two.", words=[], made_secs=0.3) is is_whole
    assert not ends.is_sure


def test_what_is_too_short_for_a_text_is_never_all_of_it() -> None:
    ends = UnsaidEnds(gives_all=True)
    long = "This is a long sentence that nobody says within a second. " * 3
    for _ in range(3):
        assert not ends.is_one(long, words=[], made_secs=1.0)
    for is_whole in (False, True):
        assert ends.is_one("It is noon.", words=[], made_secs=1.0) is is_whole
    assert not ends.is_one(long, words=[], made_secs=1.0)
    assert ends.is_one(long, words=[], made_secs=9.0)


@pytest.mark.promise(
    "Text-to-speech",
    "A server that never says that a text is over is understood: where it tells of the words at "
    "once, else by the first text, which is heard twice.",
)
@pytest.mark.parametrize(
    ("text", "words", "made_secs", "is_whole"),
    [
        ("It is noon.", told("It", "is"), 1.0, False),
        ("It is noon.", told("It", "is", "no"), 1.0, False),
        ("No, no, no!", told("No,", "no,"), 1.0, False),
        # It tells of another text, or of all of it without the audio.
        ("It is 12.", told("It", "is", "twelve"), 1.0, True),
        ("It is noon.", told("It", "is", "noon."), 1.0, True),
        ("今天下午三点开会请不要忘记带上文件", [], 0.9, False),
        ("今天下午三点开会请不要忘记带上文件", [], 1.2, True),
        ("오늘오후세시에회의가있습니다", [], 0.7, False),
        ("かいぎはごごさんじからです", [], 0.7, False),
        ("Call 06641234567.", [], 0.6, False),
        ("Call 06641234567.", [], 0.8, True),
        ("About 1000000.", [], 0.5, True),
    ],
)
def test_where_ends_are_never_said_what_has_only_begun_is_not_all_of_it(
    text: str, words: list[SpokenWord], made_secs: float, is_whole: bool
) -> None:
    ends = UnsaidEnds(gives_all=True)
    for is_usual in (False, True):
        assert ends.is_one("It is one.", words=[], made_secs=1.0) is is_usual
    assert ends.is_one(text, words=words, made_secs=made_secs) is is_whole
    # What ends there again is all that will ever come.
    assert ends.is_one(text, words=words, made_secs=made_secs) is (is_whole or bool(words))
    assert ends.is_one("It is two.", words=[], made_secs=1.0)


def test_a_server_that_says_an_end_is_believed() -> None:
    ends = UnsaidEnds(gives_all=True)
    assert ends.is_sure
    for _ in range(2):
        ends.is_one("It is noon.", words=[], made_secs=2.0)
    ends.note_said()
    assert ends.is_sure
    assert not ends.is_one("It is noon.", words=[], made_secs=2.0)


def test_a_service_that_keeps_a_rest_back_is_not_believed() -> None:
    ends = UnsaidEnds(gives_all=False)
    assert [ends.is_one("It is noon.", words=[], made_secs=2.0) for _ in range(3)] == [False] * 3
    assert ends.is_one("It is noon.", words=told("It", "is", "noon."), made_secs=3.0)

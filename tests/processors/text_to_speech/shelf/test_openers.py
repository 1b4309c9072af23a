from __future__ import annotations

import pytest

from processors.text_to_speech.shelf.openers import Openers, phrases

OPENERS = Openers(
    clauses=phrases("sure, of course, im sorry, d'accord, はい わかりました"),
    lines={"Hi, I'm Parley.", "Call 5 is over."},
)


@pytest.mark.parametrize(
    "text",
    [
        "Sure,",
        "sure!",
        "Of course.",
        "I'm sorry,",
        "I’m sorry,",
        "D'accord,",
        "はい、わかりました。",
    ],
)
def test_an_opener_is_known_whatever_its_case_and_punctuation(text: str) -> None:
    assert text in OPENERS


@pytest.mark.parametrize("text", ["Hi, I'm Parley.", "Call 5 is over."])
def test_a_line_of_the_bots_own_is_known_to_the_letter(text: str) -> None:
    assert text in OPENERS
    assert f"{text} " not in OPENERS
    assert text.lower() not in OPENERS


@pytest.mark.promise(
    "Memory",
    "Of what is said in a call no speech is kept but that of a closed list: openers that are the "
    "same in every call, and the bot's own lines.",
)
@pytest.mark.parametrize(
    "text",
    [
        "Anna,",
        "Sure, Anna,",
        "Of course, Mr. Miller,",
        "Sure 5,",
        "Sure 555 0199,",
        "I'm sorry about the diagnosis,",
        "Course,",
        "",
        "...",
    ],
)
def test_what_comes_up_in_a_call_is_not_known(text: str) -> None:
    assert text not in OPENERS

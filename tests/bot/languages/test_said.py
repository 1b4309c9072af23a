"""What is said, in every language: all of it, with the same values in it, and no English left."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from string import Formatter

import pytest

from bot.languages.choice import language_for, shipped
from bot.languages.language import words
from processors.text_to_speech.spoken_pieces import pieces_of
from tools import TOOLS
from tools.english import ENGLISH
from tools.weather import SKY_CODES

OTHERS = [code for code in shipped() if code != "en"]

_ENGLISH_WORDS = frozenset(
    words(
        "the and you your is are it to of for with have sorry please what that this can could "
        "shall now here there today tomorrow hour hours second seconds call still thanks goodbye "
        "let wait"
    )
)
"""None of them is a word of another language that ships."""


def sentences(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each sentence with its place."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from sentences(inner, f"{path}.{key}")
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from sentences(inner, f"{path}.{number}")
    elif is_dataclass(value):
        for field in fields(value):
            yield from sentences(getattr(value, field.name), f"{path}.{field.name}")


def said_in(code: str) -> dict[str, str]:
    """Return all the bot says by itself, by its place."""
    language = language_for(code)
    tools = language.tools
    groups = {
        "session": language.session,
        "excuses": language.excuses,
        "refusals": language.refusals,
        "calls": tools.sentences,
        "times": tools.times,
        "tools": tools.tools,
    }
    said = dict(sentences(groups))
    if code == "en":
        said |= {f".tools.confirm.{tool.name}": tool.confirm for tool in TOOLS if tool.confirm}
        said |= {f".tools.filler.{tool.name}": tool.filler for tool in TOOLS if tool.filler}
    return said


def values_of(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.promise(
    "Languages",
    "In each language that ships all is said that the bot says by itself, and none of it in "
    "English.",
)
@pytest.mark.parametrize("code", OTHERS)
def test_every_sentence_is_there_and_takes_the_same_values(code: str) -> None:
    english, said = said_in("en"), said_in(code)
    counted = {path for path in english if not re.search(r"\.(fillers|progress)\.", path)}
    optional = {".times.separators.0", ".times.separators.1", ".times.first_day"}
    assert counted - said.keys() == set()
    assert not [path for path in counted - optional if not said[path].strip()]
    # A short question need not name the month.
    wanted = {path: values_of(english[path]) for path in counted}
    assert {path: values_of(said[path]) for path in counted} == wanted


@pytest.mark.promise(
    "Languages",
    "In each language that ships all is said that the bot says by itself, and none of it in "
    "English.",
)
@pytest.mark.parametrize("code", OTHERS)
def test_no_sentence_is_still_english(code: str) -> None:
    english = set(said_in("en").values())
    for path, sentence in said_in(code).items():
        plain = re.sub(r"\{[^}]*\}|Parley|Timer", "", sentence)
        assert not _ENGLISH_WORDS & set(re.findall(r"[a-z']+", plain.lower())), path
        if re.search(r"\w{4}", plain) and not path.startswith((".times.months", ".times.units")):
            assert sentence not in english, path


@pytest.mark.parametrize("code", OTHERS)
def test_there_are_words_for_each_answer(code: str) -> None:
    language = language_for(code)
    assert all((language.tools.answers.yes, language.tools.answers.hard_no))
    assert list(language.caller_words.backchannels)
    assert list(language.caller_words.hanging)
    assert language.numerals
    assert language.prompt


@pytest.mark.parametrize("code", shipped())
def test_there_is_a_word_for_each_sky_and_one_more(code: str) -> None:
    assert len(language_for(code).tools.tools.skies) == len(SKY_CODES) + 1


@pytest.mark.parametrize("code", shipped())
async def test_each_sentence_is_heard_whole(code: str) -> None:
    for sentence in said_in(code).values():
        if re.search(r"[.?!。]$", sentence) and "{" not in sentence:
            heard = "".join(await pieces_of(sentence)).replace(" ", "")
            assert heard == sentence.replace(" ", "")


@pytest.mark.promise(
    "Languages",
    "Times and lengths of time are said as one says them in the language.",
)
@pytest.mark.parametrize(
    ("code", "moment", "midnight", "length"),
    [
        ("en", "Tuesday, October 6 at 2:05 pm", "12 am", "1 hour, 1 minute and 30 seconds"),
        (
            "de",
            "Dienstag, dem 6. Oktober um 14 Uhr 5",
            "0 Uhr",
            "1 Stunde, 1 Minute und 30 Sekunden",
        ),
        ("fr", "mardi 6 octobre à 14 heures 5", "minuit", "1 heure, 1 minute et 30 secondes"),
        (
            "es",
            "martes 6 de octubre a las 2 y 5 de la tarde",
            "las 12 de la madrugada",
            "1 hora, 1 minuto y 30 segundos",
        ),
        ("ja", "10月6日火曜日午後2時5分", "午前0時", "1時間1分30秒"),
    ],
)
def test_times_are_said_as_one_says_them(
    code: str, moment: str, midnight: str, length: str
) -> None:
    times = language_for(code).tools.times
    when = datetime(2026, 10, 6, 14, 5)
    assert times.moment(when) == moment
    assert times.clock(when.replace(hour=0, minute=0)) == midnight
    assert times.duration(3690) == length
    assert times.duration(0).startswith("0")


def test_odd_hours_of_spanish_and_french() -> None:
    french, spanish = (language_for(code).tools.times for code in ("fr", "es"))
    one = datetime(2026, 10, 1, 1, 15)
    assert french.moment(one) == "jeudi 1er octobre à 1 heure 15"
    assert spanish.clock(one) == "la 1 y cuarto de la madrugada"
    assert spanish.clock(one.replace(hour=21, minute=30)) == "las 9 y media de la noche"


@pytest.mark.parametrize("code", shipped())
def test_a_tools_question_names_days_in_the_callers_language(code: str) -> None:
    language = language_for(code).tools
    when = datetime(2026, 10, 6, 14, 5)
    told = {tool.name: tool for tool in language.told_in(TOOLS)}
    book = language.question(told["book_appointment"], {"subject": "Yoga", "starts_at": when}) or ""
    assert "Yoga" in book
    assert language.times.weekdays[1] in book and language.times.months[9] in book
    assert ("Tuesday" in book) == (code == "en")


def test_an_operators_question_may_use_the_forms_too() -> None:
    times = language_for("de").tools.times
    values = {"when": datetime(2026, 10, 6, 14, 0), "what": "Tee"}
    said = times.fill("{what} am {when:%A, %-d. %B} um {when:%H:%M}, {when:clock}?", values)
    assert said == "Tee am Dienstag, 6. Oktober um 14:00, 14 Uhr?"
    assert times.fill("{when}", values) == "2026-10-06 14:00:00"


async def test_a_tool_answers_in_the_callers_language() -> None:
    tell = next(tool for tool in TOOLS if tool.name == "time_in_place")
    result = await tell.function("tokyo", language=language_for("de").tools)
    assert isinstance(result, dict)
    assert str(result["spoken"]).startswith("In Tokyo ist es ")
    assert ENGLISH.tools.time_in_place not in str(result)

from __future__ import annotations

import pytest

from bot.call.services import system_prompt
from bot.languages import en, neutral
from bot.languages.choice import code_of, language_for, language_notice, service_tag, shipped
from bot.settings import Settings


def test_five_languages_ship() -> None:
    assert shipped() == ("de", "en", "es", "fr", "ja")


@pytest.mark.promise(
    "Languages",
    "LANGUAGE means the closest language there is.",
)
@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("de-AT", "de"),
        ("DE", "de"),
        ("de_DE", "de"),
        ("fr-CA-x-private", "fr"),
        ("es-419", "es"),
        ("ja-Jpan-JP", "ja"),
        (" ja ", "ja"),
        ("multi", "en"),
        ("MULTI", "en"),
        ("", "en"),
        ("pt-BR", ""),
        ("zh-Hant", ""),
        ("deu", ""),
        ("x-klingon", ""),
        ("by-tag", ""),
        ("neutral", ""),
        ("../en", ""),
    ],
)
def test_a_tag_means_the_closest_file(tag: str, code: str) -> None:
    assert code_of(tag) == code


@pytest.mark.promise(
    "Languages",
    "In a language without a file none of the caller's words is guessed, and what only fills "
    "silence is left out.",
)
def test_an_unknown_language_is_spoken_to_in_english_and_none_of_its_words_is_known() -> None:
    language = language_for("pt-BR")
    assert language.session == en.LANGUAGE.session
    assert not language.caller_words.is_backchannel("mm-hm")
    assert not language.excuses.slow
    assert language.excuses.apology
    assert '"pt-BR"' in language.prompt


def test_the_operator_is_told_once_of_a_language_without_a_file() -> None:
    assert "pt-BR" in language_notice("pt-BR")
    assert not any(language_notice(tag) for tag in ("en", "de-AT", "multi", "ja"))


@pytest.mark.promise(
    "Languages",
    "The model is told which language to speak.",
)
@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ("en", ""),
        ("en-GB", ""),
        ("de-AT", "German"),
        ("multi", "the caller speaks"),
        ("it", '"it"'),
    ],
)
def test_the_prompt_says_which_language_to_speak(tag: str, told: str) -> None:
    plain = system_prompt(Settings.model_validate({}))
    prompt = system_prompt(Settings.model_validate({"language": tag}))
    assert prompt.startswith(plain)
    added = prompt.removeprefix(plain)
    assert told in added
    assert bool(added) == bool(told)


@pytest.mark.promise(
    "Languages",
    "With several languages a voice is told none, and finds out.",
)
def test_a_service_for_one_language_is_not_told_of_several() -> None:
    assert service_tag("de-AT") == "de-AT"
    assert service_tag("multi") == ""


def test_the_neutral_language_is_for_any_tag() -> None:
    assert neutral.LANGUAGE.prompt.format(tag="it") == language_for("it").prompt
